// SPDX-License-Identifier: MIT

/*
 * A sealed kernel goes on patching itself: static keys, static calls, tracers with their trampolines, code of
 * modules. After each the machine is as well as before, and VTL1 has denied nothing. With the argument `all` also
 * what takes minutes in emulation: every function traced, and another model of preemption.
 */

#include <sys/mount.h>

#include "vtl0.h"

#define TRACING "/sys/kernel/tracing/"
#define DEBUG "/sys/kernel/debug/"
#define SCHEDSTATS "/proc/sys/kernel/sched_schedstats"
#define CPU1 "/sys/devices/system/cpu/cpu1/online"

static __u64 denials_before;

static bool put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	bool is_done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

	if (!is_done)
		note("%s > %s: %s", text, path, strerror(errno));
	if (file >= 0)
		close(file);

	return is_done;
}

static bool has(const char *path, const char *text)
{
	return strstr(read_text(path), text) != NULL;
}

static __u64 denials(void)
{
	struct redoubt_status status = redoubt_status();

	return status.vtl1.denied_writes + status.vtl1.denied_executes +
	       status.vtl1.denied_register_writes;
}

/* Nothing was denied, and Linux has not hurt itself. A denied patch ends in an oops. */
static void check_calm(const char *after)
{
	__u64 now = denials();
	const char *trouble = trouble_in(kernel_log());

	check(now == denials_before && !trouble, "nothing denied, no trouble: %s", after);
	if (now != denials_before)
		note("%llu denials", now - denials_before);
	if (trouble)
		note("the kernel says: %s", trouble);
	denials_before = now;
}

static void static_keys(void)
{
	bool is_on = put(SCHEDSTATS, "1") && read_text(SCHEDSTATS)[0] == '1';
	bool is_off = put(SCHEDSTATS, "0") && read_text(SCHEDSTATS)[0] == '0';

	check(is_on && is_off, "a static key goes on and off");
	check_calm("static key");
}

static void trace_events(void)
{
	put(TRACING "trace", "\n");
	check(put(TRACING "events/sched/enable", "1"), "all events of the scheduler are traced");
	run_quietly("true");
	check(has(TRACING "trace", "sched_switch:"), "they arrive");
	check(put(TRACING "events/sched/enable", "0"), "they are off again");
	check_calm("events");
}

/* A tracer of some functions, or of all, while `command` runs. Leaves its trace. */
static void trace(const char *tracer, const char *filter, const char *command)
{
	put(TRACING "trace", "\n");
	put(TRACING "set_ftrace_filter", filter);
	check(put(TRACING "current_tracer", tracer), "tracer %s starts", tracer);
	run_quietly(command);
	put(TRACING "tracing_on", "0");
}

static void end_trace(void)
{
	check(put(TRACING "current_tracer", "nop"), "it ends");
	put(TRACING "set_ftrace_filter", "\n");
	put(TRACING "tracing_on", "1");
}

static void function_tracers(void)
{
	trace("function", "do_sys_open*", "cat /proc/uptime");
	check(has(TRACING "trace", "do_sys_openat2 <-"), "functions are seen");
	end_trace();
	check_calm("function tracer");

	trace("function_graph", "do_sys_open*", "cat /proc/uptime");
	check(has(TRACING "trace", "do_sys_openat2();"), "so are their returns");
	end_trace();
	check_calm("function graph tracer");
}

static void guarded_functions(void)
{
	trace("function", "load_module", "modprobe dummy; rmmod dummy");
	check(!has(TRACING "trace", "load_module <-"), "a guarded function is not traced");
	end_trace();
	check_calm("guarded functions");
}

/* The driver's own text too is patched where it runs. */
static void text_of_modules(void)
{
	trace("function", ":mod:redoubt", "redoubt status");
	check(has(TRACING "trace", "[redoubt]") || has(TRACING "trace", "vtl1_call"),
	      "functions of the driver are seen");
	end_trace();
	check(run_quietly("redoubt status"), "it works untraced");
	check_calm("text of a module");
}

static void modules(void)
{
	static const char *const names[] = { "dummy", "loop", "tun", "bridge" };
	char line[64];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "modprobe %s", names[i]);
		check(run_quietly(line), "module %s is loaded", names[i]);
	}
	check(run_quietly("ip link add dummy9 type dummy && ip link set dummy9 up && ip link del dummy9"),
	      "a network device comes and goes");
	for (i = 4; i-- > 0;) {
		snprintf(line, sizeof(line), "rmmod %s", names[i]);
		check(run_quietly(line), "and unloaded");
	}
	check_calm("modules");
}

static void cpu_start(void)
{
	if (access(CPU1, W_OK) != 0) {
		check_skip("a CPU goes offline and comes back", "one CPU");
		return;
	}
	trace("function", "do_sys_open*", "true");
	check(put(CPU1, "0") && put(CPU1, "1") && read_text(CPU1)[0] == '1',
	      "a CPU goes offline and comes back");
	end_trace();
	check_calm("CPU start");
}

/* In the middle of a function, where its instructions begin */
static bool make_probe(void)
{
	unsigned int offset;
	char text[64];
	int file;
	bool is_made = false;

	for (offset = 0x10; offset < 0x20 && !is_made; offset++) {
		snprintf(text, sizeof(text), "p:redoubt_probe vfs_read+%u", offset);
		file = open(TRACING "kprobe_events", O_WRONLY | O_CLOEXEC);
		is_made = write(file, text, strlen(text)) > 0;
		close(file);
	}

	return is_made;
}

/* `redoubt seal` has switched probes off: they can be made, but are not armed. */
static void kernel_probes(void)
{
	check(read_text(DEBUG "kprobes/enabled")[0] == '0', "kernel probes are disarmed");
	check(make_probe(), "a probe is made");
	check(put(TRACING "events/kprobes/enable", "1"), "it is enabled");
	run_quietly("cat /proc/uptime");
	put(TRACING "events/kprobes/enable", "0");
	put(TRACING "kprobe_events", "\n");
	check_calm("kernel probes");
}

static void slow_patching(void)
{
	check(put(DEBUG "sched/preempt", "full") && has(DEBUG "sched/preempt", "(full)"),
	      "preemption becomes full");
	check(put(DEBUG "sched/preempt", "voluntary"), "and voluntary");
	check_calm("preemption");

	trace("function", "\n", "cat /proc/uptime");
	check(has(TRACING "trace", "vfs_read <-"), "every function is seen");
	end_trace();
	check_calm("all functions");
}

int main(int argc, char **argv)
{
	if (redoubt_status().vtl1.phase != VTL_PHASE_SEALED)
		skip_all("not sealed");
	if (mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL) != 0 && errno != EBUSY)
		bail_out("no tracefs: %s", strerror(errno));
	if (mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) != 0 && errno != EBUSY)
		bail_out("no debugfs: %s", strerror(errno));
	denials_before = denials();

	static_keys();
	trace_events();
	function_tracers();
	guarded_functions();
	text_of_modules();
	modules();
	cpu_start();
	kernel_probes();
	if (argc > 1 && strcmp(argv[1], "all") == 0)
		slow_patching();
	check(run_quietly("sh -c 'for i in 1 2 3; do ls / | cat; done'"), "programs run as ever");

	return tap_end();
}
