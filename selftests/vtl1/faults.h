// SPDX-License-Identifier: MIT
#pragma once

// One way to fail to a function. None returns.
namespace selftest {

void null_dereference();
void write_text();
void write_read_only_data();
void execute_data();
void stack_overflow();
void wrong_function_type();
void stack_smash();
void divide_error();
void invalid_opcode();
void panic();
void index_out_of_range();
void machine_check();

}  // namespace selftest
