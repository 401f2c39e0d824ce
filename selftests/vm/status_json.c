// SPDX-License-Identifier: MIT

/* `redoubt status --json`, sealed and not: well formed, complete, and true as far as VTL0 can tell. */

#include "json.h"
#include "vtl0.h"

#define BUDGET_FIXED_BYTES (8ll << 20)
#define BUDGET_PER_CPU_BYTES (128ll << 10)
#define BUDGET_PER_FRAME_BYTES 4ll

static char output[65536];

static int run(const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t size = pipe ? fread(output, 1, sizeof(output) - 1, pipe) : 0;

	output[size] = '\0';

	return pipe ? pclose(pipe) : -1;
}

/* Frames of RAM, as the kernel sees them */
static long long frame_count(void)
{
	const char *line = read_text("/proc/iomem");
	long long bytes = 0;

	for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		unsigned long long first, last;
		char name[32];

		if (sscanf(line, "%llx-%llx : %31[^\n]", &first, &last, name) == 3 &&
		    strcmp(name, "System RAM") == 0)
			bytes += (long long)(last + 1 - first);
	}

	return bytes / (long long)PAGE_BYTES;
}

static void check_version(const char *path)
{
	const char *version = json_find(output, path);
	unsigned int major, minor, patch;

	check(version && sscanf(version, "\"%u.%u.%u\"", &major, &minor, &patch) == 3,
	      "%s is a version", path);
}

/* Whether there is a policy of that name in that mode */
static bool has_policy(const char *name, const char *mode)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"name\":\"%s\",\"mode\":\"%s\"", name, mode);

	return strstr(output, text) != NULL;
}

static bool has_gap(const char *what)
{
	const char *gaps = json_find(output, "not_enforced");
	char text[64];

	snprintf(text, sizeof(text), "{\"what\":\"%s\"", what);

	return gaps && strstr(gaps, text) != NULL;
}

/* What is the same in every phase */
static void check_claims(void)
{
	long long own = json_number(output, "frames.vtl1") + json_number(output, "frames.log_ring");

	check(has_policy("own_memory", "enforce"), "VTL1's own memory is protected");
	check(has_policy("data", "off") && has_gap("data"), "data are not, and it says so");
	check(has_policy("modules", "off") && has_gap("modules"), "nor modules");
	check(has_gap("audit mode"), "it claims no audit mode");
	check(!has_gap("DMA") && !has_gap("user pages") && !has_gap("memory that is not RAM"),
	      "the hypervisor has what code integrity needs");
	check(!has_gap("early start"), "the driver came with the initramfs");
	check(json_is_string(output, "operator_key", "development") == has_gap("operator key"),
	      "a key of development is a gap");
	check_equal(own * (long long)PAGE_BYTES, json_number(output, "vtl1.memory_bytes"),
		    "the ledger has all frames of VTL1's");
}

/* States without frames may be left out. */
static long long frames_at(const char *path)
{
	long long frames = json_number(output, path);

	return frames < 0 ? 0 : frames;
}

static void check_not_sealed(void)
{
	/* Of an earlier test on the self-test image */
	long long text = frames_at("frames.kernel_text");

	check(json_is_string(output, "vtl1.phase", "boot"), "the phase is boot");
	check(has_policy("text", "off") && has_policy("patching", "off"), "the kernel is not protected");
	check(has_gap("kernel"), "and it says so");
	check(strncmp(json_find(output, "code_integrity.enforced") ?: "", "false", 5) == 0,
	      "no code integrity");
	check_equal(json_number(output, "kernel_exec.explained_bytes"),
		    text * (long long)PAGE_BYTES, "nothing is explained");
	check(json_number(output, "kernel_exec.open_bytes") > 0, "all can be executed");
	check(!json_find(output, "verified"), "nothing is verified");
}

static void check_sealed(void)
{
	long long explained = json_number(output, "kernel_exec.explained_bytes");
	long long open = json_number(output, "kernel_exec.open_bytes");
	long long pages = json_number(output, "verified.pages");
	struct utsname system;

	uname(&system);
	check(json_is_string(output, "vtl1.phase", "sealed"), "the phase is sealed");
	check(has_policy("text", "enforce") && has_policy("registers", "enforce") &&
		      has_policy("patching", "enforce"),
	      "the kernel is protected");
	check(!has_gap("kernel"), "and no gap");
	check_equal(json_number(output, "vtl1.registers.pinned_cpus"), cpu_count(),
		    "registers are pinned on all CPUs");
	check(strncmp(json_find(output, "code_integrity.enforced") ?: "", "true", 4) == 0,
	      "code integrity");
	check(explained > 4 << 20 && explained % (long long)PAGE_BYTES == 0,
	      "the kernel's code is explained");
	check(pages * (long long)PAGE_BYTES >= explained, "every page of it was verified");
	check(json_number(output, "verified.sites") > 10000, "so were its patch sites");
	check(json_number(output, "verified.masked_bytes") >= 0, "masked bytes are counted");
	check(json_number(output, "kernel_exec.unproved.modules") >= (long long)PAGE_BYTES,
	      "modules are unproved");
	check(json_number(output, "kernel_exec.unproved.start_code") >= (long long)PAGE_BYTES,
	      "so is start code");
	check((open > 0) == has_gap("open frames"), "frames that stay open are a gap");
	check(json_is_string(output, "manifest.release", system.release), "the manifest is this kernel's");
	check(json_number(output, "manifest.version") >= 1, "with a version");
}

/* What VTL1 signs is what it tells. */
static void check_statement(bool is_sealed)
{
	long long text = frames_at("frames.kernel_text");

	check_equal(run("redoubt status --nonce $(printf %064d 5) --json"), 0, "a statement");
	check(json_is_valid(output), "is one JSON value");
	check(json_is_string(output, "modes.text", is_sealed ? "enforce" : "off"),
	      "it has the same mode");
	check(json_is_string(output, "modes.own_memory", "enforce"), "by name");
	check_equal(frames_at("ledger.kernel_text"), text, "and the same frames");
}

static void check_securityfs(bool is_sealed)
{
	const char *text = read_text("/sys/kernel/security/redoubt/status");

	check(strstr(text, is_sealed ? "\nenforced: text registers patching own_memory\n" :
				       "\nenforced: own_memory\n") != NULL,
	      "securityfs says the same");
	check(strstr(text, "\nframes: ") && strstr(text, "\ntext_writes: ") &&
		      strstr(text, "\noperator_key: "),
	      "and has the counts");
}

static void check_status(void)
{
	long long cpus = json_number(output, "vtl1.cpus");
	long long memory = json_number(output, "vtl1.memory_bytes");
	long long budget = BUDGET_FIXED_BYTES + BUDGET_PER_CPU_BYTES * cpus +
			   BUDGET_PER_FRAME_BYTES * frame_count();
	const char *policies = json_find(output, "policies");

	check_version("vtl1.version");
	check_version("driver.version");
	check_equal(cpus, cpu_count(), "VTL1 runs on every CPU that is online");
	check(memory > 0 && memory % (long long)PAGE_BYTES == 0, "memory is in whole pages");
	if (!check(memory <= budget, "memory is within the budget"))
		note("%lld bytes, and %lld allowed", memory, budget);
	check(json_find(output, "hypervisor.name") && json_find(output, "hypervisor.name")[1] != '"',
	      "the hypervisor has a name");
	check(json_is_string(output, "hypervisor.platform", "checked"),
	      "the platform is one that it knows");
	check(policies && *policies == '[', "policies is a list");
	check_claims();
}

/* The log is JSON line by line. */
static void check_lines(void)
{
	char *rest = output, *line;
	unsigned int count = 0, bad = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		count += *line != '\0';
		bad += *line != '\0' && !json_is_valid(line);
	}
	check(count > 0 && bad == 0, "of which every line is JSON");
}

/* What people read */
static void check_plain(bool is_sealed)
{
	check_equal(run("redoubt status"), 0, "the plain status too");
	check(strstr(output, "VTL1") != NULL, "and it speaks of VTL1");
	check(strstr(output, is_sealed ? "  code integrity: enforced" :
					 "  code integrity: not enforced (VTL0 is not sealed)\n") != NULL,
	      "and of code integrity");
	check(strstr(output, "  modules: unverified\n") != NULL,
	      "modules are unverified, without colour");
}

int main(void)
{
	bool is_sealed = redoubt_status().vtl1.phase == VTL_PHASE_SEALED;

	note("VTL0 is %ssealed", is_sealed ? "" : "not ");
	check_equal(run("redoubt status --json"), 0, "the command succeeds");
	if (!check(json_is_valid(output), "it prints one JSON value")) {
		note("%s", output);
	} else {
		check_status();
		if (is_sealed)
			check_sealed();
		else
			check_not_sealed();
		check_statement(is_sealed);
	}
	check_securityfs(is_sealed);

	check_equal(run("redoubt log --json"), 0, "so does the log");
	check_lines();
	check_plain(is_sealed);
	check(run("redoubt nonsense 2>&1") != 0, "an unknown command fails");

	return tap_end();
}
