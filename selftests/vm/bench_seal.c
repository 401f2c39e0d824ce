// SPDX-License-Identifier: MIT

/*
 * Work for a sealed VTL0, in which VTL1 should have nothing to do, and marks in it. Prints nothing;
 * for shell commands, one word each: `bench_seal mark header mark seal mark`. The plugin of
 * selftests/bench, where QEMU has it, counts what happens between two marks.
 *
 *	mark     the next one
 *	header   hands VTL1 the manifest's header, as the driver would: a signature check
 *	seal     all that is left of the seal
 *	idle     sleeps ten seconds
 *	load     files, processes, programs and TCP, some seconds
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "selftests/bench/marks.h"
#include "hostile.h"

#define LOAD_ROUNDS 40
#define FILE_BYTES (1 << 20)
#define PROGRAMS_IN_ROUND 3
#define MESSAGES_IN_ROUND 50

/* What the plugin recognizes is the address, so there is nothing in it but a return. */
static void mark(void)
{
	static unsigned char *code;
	static unsigned int number;

	if (!code) {
		code = mmap((void *)BENCH_MARKS_VA, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (code != (void *)BENCH_MARKS_VA)
			bail_out("marks: %s", strerror(errno));
		memset(code, 0xc3, PAGE_BYTES);
	}
	((void (*)(void))(code + BENCH_MARK_BYTES * number++))();
}

static void hand_over_header(void)
{
	struct utsname name;
	struct vtl_answer answer;
	char path[256];
	FILE *file;

	hostile_open();
	uname(&name);
	snprintf(path, sizeof(path), "/lib/firmware/redoubt/manifest-%s.bin", name.release);
	file = fopen(path, "r");
	if (!file || fread(page(0), PAGE_BYTES, 1, file) != 1)
		bail_out("%s: %s", path, strerror(errno));
	fclose(file);
	do {
		answer = vtl_call(VTL_CALL_MANIFEST_HEADER, page_gpa(0), 0);
	} while (answer.status == VTL_STATUS_AGAIN);
	if (answer.status != VTL_STATUS_OK)
		bail_out("the manifest's header: status %llu", answer.status);
}

static void do_seal(void)
{
	int device = open("/dev/redoubt", O_RDWR | O_CLOEXEC);

	if (device < 0 || ioctl(device, REDOUBT_IOC_SEAL) != 0)
		bail_out("seal: %s", strerror(errno));
	close(device);
}

static void write_and_read(void)
{
	static char bytes[FILE_BYTES];
	int file = open("/tmp/bench_seal", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (write(file, bytes, sizeof(bytes)) != sizeof(bytes) ||
	    pread(file, bytes, sizeof(bytes), 0) != sizeof(bytes))
		bail_out("a file: %s", strerror(errno));
	close(file);
	unlink("/tmp/bench_seal");
}

static void start_programs(void)
{
	unsigned int i;

	for (i = 0; i < PROGRAMS_IN_ROUND; i++) {
		pid_t child = fork();

		if (child == 0) {
			execl("/bin/busybox", "true", (char *)NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
	}
}

static void answer_messages(int listener)
{
	int peer = accept(listener, NULL, NULL);
	char byte;

	while (read(peer, &byte, 1) == 1 && write(peer, &byte, 1) == 1)
		;
	_exit(0);
}

static void exchange_messages(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), peer = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof(address);
	unsigned int i;
	char byte = 1;
	pid_t child;

	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size))
		bail_out("TCP: %s", strerror(errno));
	child = fork();
	if (child == 0)
		answer_messages(listener);
	if (connect(peer, (struct sockaddr *)&address, size))
		bail_out("TCP: %s", strerror(errno));
	for (i = 0; i < MESSAGES_IN_ROUND; i++)
		if (write(peer, &byte, 1) != 1 || read(peer, &byte, 1) != 1)
			bail_out("TCP: %s", strerror(errno));
	close(peer);
	close(listener);
	waitpid(child, NULL, 0);
}

static void load(void)
{
	unsigned int i;

	for (i = 0; i < LOAD_ROUNDS; i++) {
		write_and_read();
		start_programs();
		exchange_messages();
	}
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "mark") == 0)
			mark();
		else if (strcmp(argv[i], "header") == 0)
			hand_over_header();
		else if (strcmp(argv[i], "seal") == 0)
			do_seal();
		else if (strcmp(argv[i], "idle") == 0)
			sleep(10);
		else if (strcmp(argv[i], "load") == 0)
			load();
		else
			bail_out("unknown word %s", argv[i]);
	}

	return 0;
}
