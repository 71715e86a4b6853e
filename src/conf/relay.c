#include "conf/relay.h"

#define PORT_SMTP       25
#define PORT_LMTP       24
#define PORT_SUBMISSION 587
#define PORT_IMPLICIT   465

unsigned conf_relay_port(const struct conf_relay *relay, const struct conf_hop *hop)
{
	if (hop->port)
		return hop->port;
	if (relay->port)
		return relay->port;
	if (hop->start == CONF_START_IMPLICIT)
		return PORT_IMPLICIT;
	if (hop->is_lmtp)
		return PORT_LMTP;
	return hop->start == CONF_START_STARTTLS || relay->user ? PORT_SUBMISSION
								: PORT_SMTP;
}

bool conf_relay_is_implicit(const struct conf_relay *relay, const struct conf_hop *hop)
{
	if (hop->start == CONF_START_BY_PORT)
		return !hop->is_lmtp && conf_relay_port(relay, hop) == PORT_IMPLICIT;
	return hop->start == CONF_START_IMPLICIT;
}
