// SPDX-License-Identifier: MIT

/*
 * Ways around the nested tables (platform-surface.rst). Without arguments each must be closed; with
 * the name of a door, the hypervisor was told to leave it open, and its attack must succeed.
 */

#include <endian.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/io.h>

#include "hostile.h"

#define ECAM 0xb0000000ull
#define IO_APIC 0xfec00000ull
#define HPET 0xfed00000ull

#define HOST_BRIDGE 0x00u
#define LPC_BRIDGE 0xf8u
#define AHCI 0xfau

static const char *open_door = "";

static bool is_open(const char *name)
{
	return strcmp(open_door, name) == 0;
}

/* An attack succeeds exactly if its door was left open. */
static void check_door(const char *name, bool succeeded, const char *what)
{
	check(succeeded == is_open(name), "%s: %s%s", name, what, is_open(name) ? " (open)" : "");
}

/* The same for attacks through ports: when all of those are open, they go past the guard. */
static void check_port_door(const char *name, bool succeeded, const char *what)
{
	check_door(is_open("ports") ? "ports" : name, succeeded, what);
}

static __u32 config_read(unsigned int function, unsigned int offset)
{
	outl(0x80000000u | function << 8 | offset, 0xcf8);

	return inl(0xcfc);
}

static void config_write(unsigned int function, unsigned int offset, __u32 value)
{
	outl(0x80000000u | function << 8 | offset, 0xcf8);
	outl(value, 0xcfc);
}

/* QEMU, docs/specs/fw_cfg.rst: the device copies its signature to where it is told. */
static void firmware_configuration(void)
{
	struct {
		__u32 control, length;
		__u64 address;
	} *command = page(1);
	__u64 gpa = page_gpa(1);

	memset(page(0), 0, PAGE_BYTES);
	command->control = htobe32(0 << 16 | 8 | 2); /* item 0, select and read */
	command->length = htobe32(4);
	command->address = htobe64(page_gpa(0));
	outl(htobe32((__u32)(gpa >> 32)), 0x514);
	outl(htobe32((__u32)gpa), 0x518);
	check_door("ports", memcmp(page(0), "QEMU", 4) == 0, "fw_cfg writes memory");
}

static void closed_ports(void)
{
	__u8 before = inb(0x92);

	check_door("ports", inb(0xb3) != 0xff, "SMI ports answer");
	if (!is_open("ports")) { /* else this CPU loses every other megabyte */
		outb((__u8)(before & ~2u), 0x92);
		check_equal(inb(0x92) & 2, 2, "the A20 line stays on");
	}
	outl(0, 0x510);
	outw(0, 0x511);
	check_door("ports", inb(0xe9) == 0xe9, "the hypervisor's console answers");
}

static void cmos(void)
{
	__u8 before;

	outb(0x0f, 0x70);
	before = inb(0x71);
	outb(before ^ 0x55, 0x71);
	check_port_door("cmos", inb(0x71) == (before ^ 0x55), "the shutdown status can be written");
	outb(before, 0x71);
	outb(0x0f | 0x80, 0x70);
	outb(0, 0x71);
	check_port_door("cmos", inb(0x71) == 0, "with NMIs masked too");
	outb(before, 0x71);
	outw(0x0f | 0x33 << 8, 0x70);
	outb(0x0f, 0x70);
	check((inb(0x71) == 0x33) == is_open("ports"), "cmos: in 16 bits only if all ports are open");
}

/* RCBA puts 16 KiB of registers over any RAM: own pages then read as something else. */
static void write_rcba(volatile __u32 *ecam, __u32 value)
{
	if (ecam)
		ecam[0xf0 / 4] = value;
	else
		config_write(LPC_BRIDGE, 0xf0, value);
}

static void registers_over_memory(volatile __u32 *ecam, const char *by)
{
	__u32 before = config_read(LPC_BRIDGE, 0xf0);
	volatile __u32 *word = page(0);
	__u32 old = 0x600df00d, seen;
	char name[64];

	*word = old;
	write_rcba(ecam, (__u32)page_gpa(0) | 1);
	seen = *word;
	write_rcba(ecam, before);
	snprintf(name, sizeof(name), "registers over memory, by %s", by);
	if (ecam)
		check_door("config", seen != old, name);
	else
		check_port_door("config", seen != old, name);
}

static void host_bridge(void)
{
	__u32 before = config_read(HOST_BRIDGE, 0x90);

	config_write(HOST_BRIDGE, 0x90, before ^ 0x33000000);
	check_port_door("config", config_read(HOST_BRIDGE, 0x90) != before, "firmware RAM is switched");
	config_write(HOST_BRIDGE, 0x90, before);
	before = config_read(HOST_BRIDGE, 0x9c);
	outl(0x80000000u | 0x9c, 0xcf8);
	outb(0x4a, 0xcfd); /* SMRAM: open */
	check_port_door("config", config_read(HOST_BRIDGE, 0x9c) != before, "SMRAM is opened");
	config_write(HOST_BRIDGE, 0x9c, before);
}

/* The AHCI controller's BAR 5 */
static void bars(void)
{
	__u32 before = config_read(AHCI, 0x24);

	config_write(AHCI, 0x24, (__u32)page_gpa(0));
	check_port_door("config", config_read(AHCI, 0x24) != before, "a BAR goes over RAM");
	config_write(AHCI, 0x24, 0xfee00000);
	check_port_door("config", config_read(AHCI, 0x24) == 0xfee00000, "or over the local APIC");
	config_write(AHCI, 0x24, 0xd0000000);
	check_equal(config_read(AHCI, 0x24), 0xd0000000, "within its window it moves");
	config_write(AHCI, 0x24, before);
}

static unsigned int find_msi(unsigned int function)
{
	unsigned int at = config_read(function, 0x34) & 0xfc;

	while (at && (config_read(function, at) & 0xff) != 5)
		at = config_read(function, at) >> 8 & 0xfc;

	return at;
}

static void messages(void)
{
	unsigned int msi = find_msi(AHCI);
	__u32 address, data;
	bool is_any;

	if (!msi || is_open("config")) {
		check_skip("messages", "no MSI capability, or all is open");
		return;
	}
	address = config_read(AHCI, msi + 4);
	data = config_read(AHCI, msi + 12);
	config_write(AHCI, msi + 4, 0xfee00000);
	config_write(AHCI, msi + 4, (__u32)page_gpa(0));
	is_any = config_read(AHCI, msi + 4) == (__u32)page_gpa(0);
	check_port_door("msi", is_any, "a message goes to memory");
	config_write(AHCI, msi + 4, 0xfee00000);
	config_write(AHCI, msi + 12, 0x0500);
	check_port_door("msi", config_read(AHCI, msi + 12) == 0x0500, "a message is INIT");
	config_write(AHCI, msi + 12, 0x0200);
	check_port_door("msi", config_read(AHCI, msi + 12) == 0x0200, "a message is SMI");
	config_write(AHCI, msi + 12, data);
	config_write(AHCI, msi + 4, address);
}

static __u32 io_apic_read(volatile __u32 *apic, __u32 index)
{
	apic[0] = index;

	return apic[4];
}

static void io_apic_write(volatile __u32 *apic, __u32 index, __u32 value)
{
	apic[0] = index;
	apic[4] = value;
}

static void io_apic(void)
{
	static const __u32 modes[] = { 2, 4, 5 };
	static const char *const names[] = { "SMI", "NMI", "INIT" };
	volatile __u32 *apic = map_device_page(IO_APIC);
	const __u32 index = 0x10 + 2 * 22;
	__u32 low = io_apic_read(apic, index);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		__u32 value;

		io_apic_write(apic, index, modes[i] << 8 | 1u << 16);
		io_apic_write(apic, index, modes[i] << 8);
		value = io_apic_read(apic, index);
		io_apic_write(apic, index, 1u << 16);
		check_door("ioapic", (value >> 8 & 7) == modes[i] && !(value >> 16 & 1), names[i]);
	}
	io_apic_write(apic, index, 0x41 | 1u << 16);
	check_equal(io_apic_read(apic, index) & 0x1ffff, 0x10041, "a plain entry is kept");
	io_apic_write(apic, index, low);
}

static void hpet(void)
{
	volatile __u32 *page = map_device_page(HPET);

	check_door("hpet", page[0] >> 16 == 0x8086, "its registers are there");
}

/*
 * The serial port interrupts for an empty transmitter only when it is empty, which lasts while nobody
 * reads the console.
 */
static void wait_for_transmitter(void)
{
	unsigned int tries;

	for (tries = 0; !(inb(0x3fd) & 0x20) && tries < 10000; tries++)
		usleep(1000);
}

/* An interrupt of the console's serial port becomes SMI or INIT at the boot CPU; INIT does not return. */
static void take_by_io_apic(__u32 mode)
{
	volatile __u32 *apic = map_device_page(IO_APIC);
	const __u32 index = 0x10 + 2 * 4; /* COM1 */
	__u32 low = io_apic_read(apic, index), high = io_apic_read(apic, index + 1);
	unsigned int i;

	wait_for_transmitter();
	io_apic_write(apic, index + 1, 0);
	io_apic_write(apic, index, mode << 8);
	for (i = 0; i < 1000; i++)
		outb(i % 2 ? 2 : 0, 0x3f9); /* transmitter is empty: on, off */
	io_apic_write(apic, index + 1, high);
	io_apic_write(apic, index, low);
	outb(5, 0x3f9);
}

/* Registers that place memory, and one that every kernel writes */
static void msrs(void)
{
	static const __u32 closed[] = { 0x79, 0xc0010016, 0xc0010058, 0xc0010111, 0xc0010112,
					0xc0010117 };
	__u64 value = 0, after = 0;
	size_t i;

	if (is_open("msrs"))
		return;
	for (i = 0; i < sizeof(closed) / sizeof(*closed); i++)
		check_equal(write_msr(closed[i], 0), GENERAL_PROTECTION, "MSR 0x%x is not there",
			    closed[i]);
	check_equal(write_msr(0x82f, 0x10000), GENERAL_PROTECTION, "no CMCI entry in the local APIC");
	if (read_msr(0x1b, &value) == TEST_NO_FAULT && !(value & 1u << 10)) {
		check_equal(write_msr(0x830, 0x4500), GENERAL_PROTECTION,
			    "no ICR among the MSRs in xAPIC mode");
		check_equal(write_msr(0x832, 0x10000), GENERAL_PROTECTION, "nor a timer entry");
	}
	check_equal(write_msr(0xc001001a, 0), GENERAL_PROTECTION, "TOP_MEM cannot be written");
	check_equal(read_msr(0x2ff, &value), TEST_NO_FAULT, "MTRRs can be read");
	check_equal(write_msr(0x2ff, value ^ 0x800), TEST_NO_FAULT, "a write is taken");
	check(read_msr(0x2ff, &after) == TEST_NO_FAULT && after == value, "and changes nothing");
	check(!strstr(kernel_log(), "unchecked MSR"), "the kernel missed none");
}

int main(int argc, char **argv)
{
	open_door = argc > 1 ? argv[1] : "";
	hostile_open();
	pin_to_cpu(0); /* MSRs differ from CPU to CPU */
	if (iopl(3) != 0)
		bail_out("no I/O privilege");
	if (is_open("init"))
		take_by_io_apic(5);
	if (is_open("smi")) {
		take_by_io_apic(2);
		check(is_vtl1_well(), "SMIs return, VTL1 answers");
		return tap_end();
	}
	firmware_configuration();
	closed_ports();
	cmos();
	registers_over_memory(NULL, "ports");
	registers_over_memory(map_device_page(ECAM + LPC_BRIDGE * PAGE_BYTES), "ECAM");
	host_bridge();
	bars();
	messages();
	io_apic();
	hpet();
	msrs();
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
