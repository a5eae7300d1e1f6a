#include "phases/gates.h"

#include "base/log.h"
#include "base/str.h"

/* From which minor version on kstrap does what the gate stands for, whatever it says: where kubeadm
 * turned it on by default. PublicKeysECDSA and, up to 1.22, IPv6DualStack are obeyed;
 * EtcdLearnerMode and UpgradeAddonsBeforeControlPlane are not init's. (Source: Kubernetes
 * documentation, "kubeadm init", feature gates.) */
static const struct {
	const char *name;
	int since;
} fixed[] = {
	{ "ControlPlaneKubeletLocalMode", 33 },
	{ "IPv6DualStack", 23 },
	{ "NodeLocalCRISocket", 34 },
	{ "RootlessControlPlane", 1000 },
	{ "UnversionedKubeletConfigMap", 24 },
	/* The API server alone is waited for; the others are looked at when it does not come. */
	{ "WaitForAllControlPlaneComponents", 1000 },
};

int gates_check_dual(const json_t *gates, const struct semver *version, struct err *err)
{
	const json_t *gate = json_object_get(gates, "IPv6DualStack");
	bool on = gate ? json_is_true(gate) : semver_atleast(version, 1, 21);

	if (on || semver_atleast(version, 1, 23))
		return 0;
	err_set(err, ERR_CONFIG, "two subnets are for dual stack, which is %s in Kubernetes %d.%d",
		gate ? "switched off" : "not switched on by itself", version->major,
		version->minor);
	return err_next(err,
			"give one subnet each, or --feature-gates IPv6DualStack=true (in a file: "
			"featureGates)");
}

void gates_tell(const json_t *gates, const struct semver *version)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		const json_t *gate = json_object_get(gates, fixed[i].name);
		bool on = semver_atleast(version, 1, fixed[i].since);

		if (!gate || json_is_true(gate) == on ||
		    (str_eq(fixed[i].name, "IPv6DualStack") && !on))
			continue;
		log_warn("feature gate %s=%s has no effect: kstrap does as with %s for Kubernetes "
			 "%d.%d",
			 fixed[i].name, on ? "false" : "true", on ? "true" : "false",
			 version->major, version->minor);
	}
}
