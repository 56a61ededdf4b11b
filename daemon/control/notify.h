/*
 * notify.h: tells systemd how the daemon is (sd_notify(3)), when it asked to be told. The
 * protocol is one datagram of KEY=VALUE lines; no library is needed for it.
 */
#ifndef DAEMON_CONTROL_NOTIFY_H
#define DAEMON_CONTROL_NOTIFY_H

/* Each does nothing without NOTIFY_SOCKET in the environment. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
void notify_watchdog(void);

/* Seconds between two pings that systemd wants (half of WatchdogSec); 0 = none. */
double notify_watchdog_interval_s(void);

#endif
