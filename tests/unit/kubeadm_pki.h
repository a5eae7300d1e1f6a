/* What kubeadm 1.20.2 made for a node "master" at 10.77.0.10 (feature gate PublicKeysECDSA): serial 0,
 * leaves without basicConstraints and subjectKeyIdentifier, keyEncipherment on EC keys. */
#ifndef TESTS_UNIT_KUBEADM_PKI_H
#define TESTS_UNIT_KUBEADM_PKI_H

#define KUBEADM_NOW	    1795233600 /* 2026-11-21T04:00:00Z, within their validity */
/* openssl x509 -pubkey -noout -in ca.crt | openssl pkey -pubin -outform der | sha256sum */
#define KUBEADM_CA_HASH \
	"sha256:9dfad97c66b95d3888eb53e4e3b62c728048022817b21f2f82cbd1215a8f27f9"

static const char kubeadm_ca_crt[] __attribute__((unused)) =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBWzCCAQGgAwIBAgIBADAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwprdWJlcm5l\n"
	"dGVzMB4XDTI2MTEyMTAzNDQxNFoXDTM2MTExODAzNDQxNFowFTETMBEGA1UEAxMK\n"
	"a3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOWeUgGMksAlhFk+\n"
	"dtWeP4bw8NR5xCswc/FwlhzQisi5UnGQmiueKcpcT6dl7d8TOsxIsPVdhN3E9qSq\n"
	"+i5HJeCjQjBAMA4GA1UdDwEB/wQEAwICpDAPBgNVHRMBAf8EBTADAQH/MB0GA1Ud\n"
	"DgQWBBQu71ByX286XEkd0ahgpkBWuqnNlzAKBggqhkjOPQQDAgNIADBFAiA81MoM\n"
	"fiam+jz6GQg6T0TFcfPT2oCbvwFVf0q8fmC38gIhALnF9HAwWHhOhX90+3cQdxfX\n"
	"WPbDJAZxJD9WGB/JikC4\n"
	"-----END CERTIFICATE-----\n";

static const char kubeadm_apiserver_crt[] __attribute__((unused)) =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIB6zCCAZGgAwIBAgIIAd77P82imt8wCgYIKoZIzj0EAwIwFTETMBEGA1UEAxMK\n"
	"a3ViZXJuZXRlczAeFw0yNjExMjEwMzQ0MTRaFw0yNzExMjEwMzQ0MTRaMBkxFzAV\n"
	"BgNVBAMTDmt1YmUtYXBpc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
	"YL5WMa9tiJ6AZEFUoDTpy7fD+E1AsjNMAbWXvJqDzmlHmKyMfnQ2mqU5Kxsen5gP\n"
	"ISKlkBFxY7ojhJ3X2YA4/KOBxjCBwzAOBgNVHQ8BAf8EBAMCBaAwEwYDVR0lBAww\n"
	"CgYIKwYBBQUHAwEwHwYDVR0jBBgwFoAULu9Qcl9vOlxJHdGoYKZAVrqpzZcwewYD\n"
	"VR0RBHQwcoIKa3ViZXJuZXRlc4ISa3ViZXJuZXRlcy5kZWZhdWx0ghZrdWJlcm5l\n"
	"dGVzLmRlZmF1bHQuc3ZjgiRrdWJlcm5ldGVzLmRlZmF1bHQuc3ZjLmNsdXN0ZXIu\n"
	"bG9jYWyCBm1hc3RlcocECmAAAYcECk0ACjAKBggqhkjOPQQDAgNIADBFAiAgSBZJ\n"
	"jY0k5ehcIE/m5WUdWzcWIkTebHdfIpnhqlX4pAIhAPzJcnZ3exUEmrgHFHrNCgNk\n"
	"0Q9/QJzINEcLRQA41nVf\n"
	"-----END CERTIFICATE-----\n";

static const char kubeadm_apiserver_key[] __attribute__((unused)) =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIE6hnRyH+0GGr97+0y/3yimzAeVtDlZD/KIBzm2lZyoMoAoGCCqGSM49\n"
	"AwEHoUQDQgAEYL5WMa9tiJ6AZEFUoDTpy7fD+E1AsjNMAbWXvJqDzmlHmKyMfnQ2\n"
	"mqU5Kxsen5gPISKlkBFxY7ojhJ3X2YA4/A==\n"
	"-----END EC PRIVATE KEY-----\n";

static const char kubeadm_kubelet_client_crt[] __attribute__((unused)) =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBlTCCATqgAwIBAgIIfP4ZPLTcLt0wCgYIKoZIzj0EAwIwFTETMBEGA1UEAxMK\n"
	"a3ViZXJuZXRlczAeFw0yNjExMjEwMzQ0MTRaFw0yNzExMjEwMzQ0MTRaMEExFzAV\n"
	"BgNVBAoTDnN5c3RlbTptYXN0ZXJzMSYwJAYDVQQDEx1rdWJlLWFwaXNlcnZlci1r\n"
	"dWJlbGV0LWNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABD6Qj2xI+8wV\n"
	"mcT7+tw75V6XnwUoWXUam4SRlj7osh4u1T8zs0dzwiq1Ee5PUlvHN1bUdlMSyPYE\n"
	"Sa8i/YEbBXqjSDBGMA4GA1UdDwEB/wQEAwIFoDATBgNVHSUEDDAKBggrBgEFBQcD\n"
	"AjAfBgNVHSMEGDAWgBQu71ByX286XEkd0ahgpkBWuqnNlzAKBggqhkjOPQQDAgNJ\n"
	"ADBGAiEAl5ZmRXanLCDc4wSa3j6c4BcY023cA4jOY0Z3jkDvxtECIQD+2gUNurGt\n"
	"eLQklmp8p+zg8Q4v3voR7OR9PRS/0KbM8A==\n"
	"-----END CERTIFICATE-----\n";

static const char kubeadm_etcd_server_crt[] __attribute__((unused)) =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBqjCCAU+gAwIBAgIIcUHlw+Tasd0wCgYIKoZIzj0EAwIwEjEQMA4GA1UEAxMH\n"
	"ZXRjZC1jYTAeFw0yNjExMjEwMzQ0MTRaFw0yNzExMjEwMzQ0MTRaMBExDzANBgNV\n"
	"BAMTBm1hc3RlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNtasdHHKbQFeCce\n"
	"tJ9qNSPjOfu35BTErBlY+ICdER542mH+mSmMl5EpnonA5pGpV//7KBOI+VS5f6dy\n"
	"1GxoxkejgY8wgYwwDgYDVR0PAQH/BAQDAgWgMB0GA1UdJQQWMBQGCCsGAQUFBwMB\n"
	"BggrBgEFBQcDAjAfBgNVHSMEGDAWgBTS5PRsqeXnJ3ipEnx/zdXlRboD2jA6BgNV\n"
	"HREEMzAxgglsb2NhbGhvc3SCBm1hc3RlcocECk0ACocEfwAAAYcQAAAAAAAAAAAA\n"
	"AAAAAAAAATAKBggqhkjOPQQDAgNJADBGAiEAu8lUSoLC0BwMndhRfbGIbh4Io46D\n"
	"UN8FNJXHVGZJg+8CIQDnbCkjcv1NcjebeeOBThBDINz/11aAulWy7nx4pIAliw==\n"
	"-----END CERTIFICATE-----\n";

static const char kubeadm_sa_pub[] __attribute__((unused)) =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0ep0JnSIZb267O+3ORQ/rjD0GI+C\n"
	"HQqIID7DqYIE6VEsem9TXcnRG+CXyYJrJmXgjNgl7Tfz/9fVxbciAiCAEQ==\n"
	"-----END PUBLIC KEY-----\n";

#endif
