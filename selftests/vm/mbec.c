// SPDX-License-Identifier: MIT

/*
 * With nearly all memory executable for users alone, programs go on as before: every way from user
 * mode into the kernel and back. And the kernel cannot execute what users may.
 */

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "user_only.h"

#define CALLS 1000

static volatile sig_atomic_t caught;
static sigjmp_buf back;

static void note_signal(int number)
{
	caught = number;
}

static void jump_back(int number)
{
	siglongjmp(back, number);
}

static void catch_with(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };

	sigaction(number, &action, NULL);
}

#define raises(number, instructions)                          \
	({                                                    \
		int got;                                      \
		catch_with(SIGILL, jump_back);                \
		catch_with(number, jump_back);                \
		got = sigsetjmp(back, 1);                     \
		if (!got)                                     \
			asm volatile(instructions ::: "memory", "rax", "rcx", "rdx"); \
		got == (number);                              \
	})

/* SIGTRAP; QEMU 7.2 does not know the instruction and makes it #UD. */
static int int1_signal(void)
{
	return raises(SIGTRAP, ".byte 0xf1") ? SIGTRAP : raises(SIGILL, ".byte 0xf1") ? SIGILL : 0;
}

static void exceptions(int int1_before)
{
	check(raises(SIGILL, "ud2"), "#UD is SIGILL");
	check(raises(SIGTRAP, "int3"), "INT3 is SIGTRAP");
	check(raises(SIGTRAP, ".byte 0xcd, 0x03"), "INT 3 with two bytes too");
	check(int1_before && int1_signal() == int1_before, "INT1 is what it was before");
	check(raises(SIGFPE, "xor %%eax, %%eax; xor %%edx, %%edx; div %%eax"), "#DE is SIGFPE");
	check(raises(SIGSEGV, "hlt"), "#GP is SIGSEGV");
	check(raises(SIGSEGV, "int $0x81"), "a gate that refuses users is SIGSEGV");
	check(raises(SIGSEGV, "mov 0, %%rax"), "#PF is SIGSEGV");
	check(raises(SIGTRAP, "pushf; orl $0x100, (%%rsp); popf; nop"), "a single step is SIGTRAP");
}

/* RIP of the trap is behind INT3, that of the fault at HLT. */
static void *volatile fault_rip;

static void note_rip(int number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)info;
	fault_rip = (void *)user->uc_mcontext.gregs[REG_RIP];
	if (number == SIGSEGV)
		user->uc_mcontext.gregs[REG_RIP] += 2; /* INT n */
}

static void instruction_pointers(void)
{
	struct sigaction action = { .sa_sigaction = note_rip, .sa_flags = SA_SIGINFO };
	void *expected;

	sigaction(SIGTRAP, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	asm volatile("lea 1f(%%rip), %0; int3; 1:" : "=&r"(expected)::"memory");
	check(fault_rip == expected, "the trap of INT3 points behind it");
	asm volatile("lea 1f(%%rip), %0; 1: int $0x81" : "=&r"(expected)::"memory");
	check(fault_rip == expected, "the fault of a refused INT n points at it");
}

/* CPL 3, IF and the arithmetic flags come back from SYSCALL; RCX and R11 are what it says. */
static void system_call_registers(void)
{
	unsigned long rcx, r11, flags, expected;
	long result = SYS_getppid;

	asm volatile("lea 1f(%%rip), %3; std; pushf; pop %4; syscall; 1: mov %%rcx, %1; mov %%r11, %2; cld"
		     : "+a"(result), "=&r"(rcx), "=&r"(r11), "=&r"(expected), "=&r"(flags)::"rcx",
		       "r11", "memory");
	check_equal(result, getppid(), "SYSCALL returns its result");
	check_equal(rcx, expected, "and RCX the next instruction");
	check_equal(r11 & ~0x10000ul, flags, "and R11 the flags");
}

static void *spin(void *stop)
{
	while (!*(volatile bool *)stop)
		;
	return NULL;
}

static void interrupts(void)
{
	struct itimerval tick = { { 0, 4000 }, { 0, 4000 } };
	static volatile unsigned long loops;
	volatile bool stop = false;
	pthread_t thread;
	unsigned int i;

	catch_with(SIGALRM, note_signal);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (i = 0; i < 50; i++) {
		caught = 0;
		while (!caught)
			loops++;
	}
	memset(&tick, 0, sizeof(tick));
	setitimer(ITIMER_REAL, &tick, NULL);
	check(caught == SIGALRM, "50 timer signals end 50 loops without a system call");
	pthread_create(&thread, NULL, spin, (void *)&stop);
	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	stop = true;
	pthread_join(thread, NULL);
	check(true, "a thread that only loops ends when it is told to");
}

static void single_steps(void)
{
	unsigned int steps = 0;
	pid_t child = fork();
	int status;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		syscall(SYS_getppid);
		_exit(7);
	}
	waitpid(child, &status, 0);
	while (WIFSTOPPED(status) && steps < 20000) {
		if (ptrace(PTRACE_SINGLESTEP, child, 0, 0))
			break;
		waitpid(child, &status, 0);
		steps++;
	}
	check(WIFEXITED(status) && WEXITSTATUS(status) == 7, "a child can be single-stepped to its end");
	note("%u steps", steps);
}

static void programs(void)
{
	unsigned int i, failed = 0;

	for (i = 0; i < 20; i++)
		failed += !run_quietly("true");
	check_equal(failed, 0, "20 programs were started");
}

/* The same page: users may, the kernel may not. */
static void kernel_and_user(void)
{
	static const __u8 code[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3 };
	void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED,
			    hostile_device, (off_t)page_gpa(3));
	__u64 value = 0;

	memcpy(page(3), code, sizeof(code));
	check(mapped != MAP_FAILED && ((int (*)(void))mapped)() == 0x12345678,
	      "a user executes the page");
	check_equal(access_page(page_gpa(3), TEST_EXECUTE, &value), GENERAL_PROTECTION,
		    "the kernel gets #GP for the same page");
	protect_pages(page_gpa(3) / PAGE_BYTES, 1, TLFS_PROTECT_ALL);
	check(access_page(page_gpa(3), TEST_EXECUTE, &value) == TEST_NO_FAULT && value == 0x12345678,
	      "and can execute it when it may");
	check(((int (*)(void))mapped)() == 0x12345678, "as users can, on the kernel's view");
	protect_pages(page_gpa(3) / PAGE_BYTES, 1, TLFS_PROTECT_READ | TLFS_PROTECT_WRITE);
	check(sigsetjmp(back, 1) || (catch_with(SIGSEGV, jump_back), ((int (*)(void))mapped)() == 0),
	      "and no one when neither may");
	munmap(mapped, PAGE_BYTES);
}

static void price_of_a_call(void)
{
	struct exit_counts before, after;
	unsigned int i;

	pin_to_cpu(0);
	before = exit_counts();
	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	after = exit_counts();
	check(after.switches - before.switches >= CALLS, "each call comes back on the user view");
	check(after.entries - before.entries <= 4 * CALLS, "at most 4 exits a system call");
	note("%llu exits in %d system calls", after.entries - before.entries, CALLS);
}

int main(void)
{
	__u64 frames;
	int int1;

	hostile_open();
	if (!can_protect_users())
		skip_all("the self-test image of VTL1 and MBEC are needed");
	int1 = int1_signal();
	frames = set_all(USER_ONLY);
	note("%llu frames for users alone", frames);
	check(frames > 10000, "nearly all memory is for users alone");
	system_call_registers();
	exceptions(int1);
	instruction_pointers();
	interrupts();
	single_steps();
	programs();
	kernel_and_user();
	price_of_a_call();
	check_equal(set_all(TLFS_PROTECT_ALL), frames, "all of it is as it was again");
	check(trouble_in(kernel_log()) == NULL, "the kernel's log has no sign of trouble");

	return tap_end();
}
