// SPDX-License-Identifier: MIT

/*
 * Manifests, seals and modules that VTL1 must refuse, by raw VTL calls.
 * usage: seal_refusals: what changes nothing, for a machine that is not sealed;
 *        seal_refusals seal: then this kernel's manifest, page by page amid bad ones, the seal, and what
 *        comes too late;
 *        seal_refusals other FILE: a manifest of another kernel is taken and seals nothing.
 */

#include "hostile.h"
#include "hvcall/abi/manifest.h"

#define PLACE_NONE (~0ull)

static const __u8 *manifest;
static size_t manifest_bytes;

static void open_manifest(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (file < 0 || fstat(file, &status) != 0 || status.st_size < (off_t)PAGE_BYTES)
		skip_all("no manifest");
	manifest_bytes = (size_t)status.st_size;
	manifest = mmap(NULL, manifest_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	close(file);
	if (manifest == MAP_FAILED)
		bail_out("%s: %s", path, strerror(errno));
}

static void open_own_manifest(void)
{
	struct utsname name;
	char path[256];

	uname(&name);
	snprintf(path, sizeof(path), "/lib/firmware/redoubt/manifest-%s.bin", name.release);
	open_manifest(path);
}

/* Until VTL1 says something else than "again" */
static struct vtl_answer call_to_end(__u64 id, __u64 rsi, __u64 rdx)
{
	struct vtl_answer answer;
	int tries = 0;

	do
		answer = vtl_call(id, rsi, rdx);
	while (answer.status == VTL_STATUS_AGAIN && ++tries < 100000);

	return answer;
}

static struct manifest_header *copy_header(void)
{
	memcpy(page(0), manifest, PAGE_BYTES);

	return page(0);
}

static struct vtl_answer give_header(void)
{
	return call_to_end(VTL_CALL_MANIFEST_HEADER, page_gpa(0), 0);
}

static struct vtl_answer give_page(__u64 place)
{
	return vtl_call(VTL_CALL_MANIFEST_PAGE, page_gpa(1), place);
}

/* What belongs there, into page 1 */
static void fill_page(__u64 place)
{
	const struct manifest_header *header = (const void *)manifest;
	__u64 start = header->sections[place >> 32].file_offset + (__u32)place * PAGE_BYTES;
	__u64 bytes = manifest_bytes - start < PAGE_BYTES ? manifest_bytes - start : PAGE_BYTES;

	memset(page(1), 0, PAGE_BYTES);
	memcpy(page(1), manifest + start, bytes);
}

static void check_status(struct vtl_answer answer, __u64 status, const char *what)
{
	if (!check(answer.status == status && answer.value == 0, "%s", what))
		note("status %llu value 0x%llx", answer.status, answer.value);
}

static void nothing_to_seal(void)
{
	check_status(vtl_call(VTL_CALL_SEAL, 0, 0), VTL_STATUS_REFUSED, "no seal without a manifest");
	check_status(vtl_call(VTL_CALL_SEAL, 1, 0), VTL_STATUS_BAD_ARGUMENT, "a seal takes no argument");
	fill_page(0);
	check_status(give_page(0), VTL_STATUS_BAD_ARGUMENT, "no page without a header");
	check_status(give_page(PLACE_NONE), VTL_STATUS_BAD_ARGUMENT, "nor a page from nowhere");
}

static void bad_headers(void)
{
	struct manifest_header *header = copy_header();

	header->magic ^= 1;
	check_status(give_header(), VTL_STATUS_BAD_ARGUMENT, "a header with another magic is refused");
	header = copy_header();
	header->format++;
	check_status(give_header(), VTL_STATUS_BAD_ARGUMENT, "a header of another format");
	header = copy_header();
	header->version++;
	check_status(give_header(), VTL_STATUS_REFUSED, "a header with a changed version");
	header = copy_header();
	header->sections[3].digest[7] ^= 0x10;
	check_status(give_header(), VTL_STATUS_REFUSED, "a header with a changed digest");
	header = copy_header();
	header->signature[95] ^= 1;
	check_status(give_header(), VTL_STATUS_REFUSED, "a header with a changed signature");
	header = copy_header();
	memset(header->signature, 0, sizeof(header->signature));
	check_status(give_header(), VTL_STATUS_REFUSED, "a header without a signature");
	memset(page(0), 0, PAGE_BYTES);
	check_status(give_header(), VTL_STATUS_BAD_ARGUMENT, "a page of zeros");
}

static void bad_addresses(__u64 id, __u64 place, const char *name)
{
	struct named_gpa bad[BAD_PAGES_MAX];
	unsigned int count = bad_pages(bad, BAD_PAGES_MAX), i;
	bool ok = true;

	for (i = 0; i < count; i++) {
		struct vtl_answer answer = vtl_call(id, bad[i].gpa, place);

		if (answer.status != VTL_STATUS_BAD_ADDRESS || answer.value != 0) {
			note("%s: status %llu", bad[i].name, answer.status);
			ok = false;
		}
	}
	ok = ok && vtl_call(id, page_gpa(1) + 8, place).status == VTL_STATUS_BAD_ADDRESS;
	check(ok, "%s: what is not VTL0's RAM is refused", name);
}

/* Before the seal, and what is never right */
static void bad_frames(void)
{
	struct vtl_frames *frames = page(2);

	memset(frames, 0, sizeof(*frames));
	frames->count = 1;
	frames->frames[0] = page_gpa(3) / PAGE_BYTES;
	check_status(vtl_call(VTL_CALL_ADMIT, page_gpa(2), 0), VTL_STATUS_REFUSED,
		     "no text is admitted before the seal");
	check_status(vtl_call(VTL_CALL_RELEASE, page_gpa(2), 0), VTL_STATUS_REFUSED, "or released");
}

static __u64 admit(__u32 count, __u64 first, __u64 second)
{
	struct vtl_frames *frames = page(2);

	memset(frames, 0xff, sizeof(*frames));
	frames->count = count;
	frames->reserved = 0;
	frames->frames[0] = first;
	frames->frames[1] = second;

	return vtl_call(VTL_CALL_ADMIT, page_gpa(2), 0).status;
}

static void frames_after_seal(void)
{
	__u64 own = page_gpa(3) / PAGE_BYTES, value = 1;

	check_equal(admit(0, own, own), VTL_STATUS_BAD_ARGUMENT, "no frames are not admitted");
	check_equal(admit(~0u, own, own), VTL_STATUS_BAD_ARGUMENT, "nor 2^32 - 1 of them");
	check_equal(admit(2, own, own), VTL_STATUS_REFUSED, "nor one twice");
	check_equal(admit(2, own, vtl1_page() / PAGE_BYTES), VTL_STATUS_BAD_ADDRESS, "nor VTL1's");
	check_equal(admit(2, own, 1ull << 40), VTL_STATUS_BAD_ADDRESS, "nor what is no address");
	check_equal(admit(2, own, ~0ull), VTL_STATUS_BAD_ADDRESS, "nor 2^64 - 1");
	check(access_page(page_gpa(3), TEST_WRITE, &value) == TEST_NO_FAULT,
	      "the good one of them can be written");
	check(access_page(page_gpa(3), TEST_EXECUTE, &value) == GENERAL_PROTECTION,
	      "and not executed");
}

static void bad_places(__u64 wanted)
{
	const __u64 places[] = { wanted + 1, wanted + (1ull << 32), wanted | 1ull << 31,
				 wanted | 1ull << 63, 31ull << 32, ~0ull, PLACE_NONE - 1 };
	bool ok = true;
	size_t i;

	fill_page(wanted);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct vtl_answer answer = give_page(places[i]);

		if (answer.status != VTL_STATUS_BAD_ARGUMENT || answer.value != 0) {
			note("place 0x%llx: status %llu", places[i], answer.status);
			ok = false;
		}
	}
	check(ok, "a page whose turn it is not is refused");
}

/* Hands over everything from there on; ends where VTL1 refuses. */
static struct vtl_answer give_pages(__u64 place)
{
	struct vtl_answer answer = { .value = place };

	while (answer.status == VTL_STATUS_OK && answer.value != PLACE_NONE) {
		fill_page(answer.value);
		answer = give_page(answer.value);
	}

	return answer;
}

static void pages_amid_bad_ones(void)
{
	struct vtl_answer answer;
	__u64 first;

	copy_header();
	answer = give_header();
	check_equal(answer.status, VTL_STATUS_OK, "the operator's header is taken");
	first = answer.value;
	check_equal(give_header().value, first, "again, which changes nothing");
	copy_header()->version++;
	check_status(give_header(), VTL_STATUS_TOO_LATE, "another one comes too late");
	bad_places(first);
	bad_addresses(VTL_CALL_MANIFEST_PAGE, first, "MANIFEST_PAGE");
	fill_page(first);
	((__u8 *)page(1))[3] ^= 0x80;
	answer = give_page(first);
	check_status(answer, VTL_STATUS_REFUSED, "a page with a changed byte is refused");
	copy_header();
	check_equal(give_header().value, first, "and its section begins anew");
	check_status(vtl_call(VTL_CALL_SEAL, 0, 0), VTL_STATUS_REFUSED, "no seal with half a manifest");
	answer = give_pages(first);
	check(answer.status == VTL_STATUS_OK && answer.value == PLACE_NONE, "the right pages are taken");
	check_status(give_page(first), VTL_STATUS_BAD_ARGUMENT, "no page more");
}

static void seal_and_what_is_too_late(void)
{
	check_status(call_to_end(VTL_CALL_SEAL, 0, 0), VTL_STATUS_REFUSED,
		     "no seal while registers are not pinned");
	check_equal(redoubt_status().vtl1.phase, VTL_PHASE_BOOT, "the phase is boot");
	check(run_quietly("redoubt seal"), "the driver seals");
	if (!check_equal(redoubt_status().vtl1.phase, VTL_PHASE_SEALED, "the phase is sealed"))
		bail_out("not sealed");
	copy_header();
	check_status(give_header(), VTL_STATUS_TOO_LATE, "the header comes too late");
	check_status(give_page(0), VTL_STATUS_TOO_LATE, "a page too");
	check_status(vtl_call(VTL_CALL_SEAL, 0, 0), VTL_STATUS_TOO_LATE, "and a seal");
	check_equal(redoubt_status().vtl1.phase, VTL_PHASE_SEALED, "the phase is sealed");
}

static int other_kernel(const char *path)
{
	struct vtl_answer answer;

	open_manifest(path);
	hostile_open();
	copy_header();
	answer = give_header();
	check_equal(answer.status, VTL_STATUS_OK, "another kernel's header is the operator's too");
	answer = give_pages(answer.value);
	check(answer.status == VTL_STATUS_OK && answer.value == PLACE_NONE, "its pages are taken");
	check_status(call_to_end(VTL_CALL_SEAL, 0, 0), VTL_STATUS_REFUSED, "it does not seal this kernel");
	check(!run_quietly("redoubt seal"), "nor does the driver then");
	check_equal(redoubt_status().vtl1.phase, VTL_PHASE_BOOT, "the phase is boot");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}

int main(int count, char **arguments)
{
	struct redoubt_status before;
	unsigned int cpu;

	if (count > 2)
		return other_kernel(arguments[2]);
	open_own_manifest();
	hostile_open();
	before = redoubt_status();
	if (before.vtl1.phase != VTL_PHASE_BOOT)
		skip_all("sealed");

	nothing_to_seal();
	bad_headers();
	bad_addresses(VTL_CALL_MANIFEST_HEADER, 0, "MANIFEST_HEADER");
	bad_frames();
	check_vtl1_unchanged(&before);
	if (count > 1) {
		pages_amid_bad_ones();
		seal_and_what_is_too_late();
		frames_after_seal();
	}
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		check(is_vtl1_well(), "VTL1 answers on CPU %u", cpu);
	}

	return tap_end();
}
