/* kstrap's own systemd services: their unit files, their start, and what they tell. */
#ifndef PHASES_SERVICE_H
#define PHASES_SERVICE_H

#include "phases/phase.h"

#define SERVICE_UNIT(name) "/etc/systemd/system/" name ".service"

/* For `ask`: notes what the unit `name` ("kstrap-network") needs to know of this host. */
void service_ask(struct run *run, const char *name);
/* Renders CONFIG_PATHS, if it has anything to say: our services read it when they start. */
void service_paths(struct run *run);
/* Renders that, the unit out of its template and the link that enables it, also for a host that does not
 * run yet. `flags` (" --x 1") go behind the program's subcommand. */
int service_render(struct run *run, const char *name, const char *flags, struct err *err);
/* Starts it without waiting; nothing when it runs and this run has changed no file. Errors:
 * ERR_HOST. */
int service_start(struct run *run, const char *name, struct err *err);

/* sd_notify(3): "STATUS=..."; nothing where systemd did not start us. */
void service_notify(const char *text);
/* Within a service: warns, but of the same once until `told`, an object, is cleared. */
void service_complain(json_t *told, const struct err *err);

#endif
