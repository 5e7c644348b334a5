/*
 * x86-64, System V ABI: first entry into a thread, and calls that can be
 * ended from any depth.
 *
 * mn_arch_call's frame, which mn_arch_unwind takes down:
 *
 *        lower addresses
 *   sp -> +0   mxcsr   4 bytes
 *         +4   fcw     2 bytes
 *         +8   r15  +16 r14  +24 r13  +32 r12  +40 rbx  +48 rbp
 *         +56  return address
 *        higher addresses
 *
 * Seven words and the return address keep the stack 16-byte aligned at the
 * inner call, as the ABI asks (section 3.2.2).
 */
	.text

/*
 * A new thread starts here with rsp 16-byte aligned. mni_thread_main returns what
 * to go on with, or never. In mni_go_on, which is jumped to, 0 stands for the
 * return address.
 */
	.globl	mn_arch_entry
	.hidden	mn_arch_entry
	.type	mn_arch_entry, @function
mn_arch_entry:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	call	mni_thread_main
	movq	%rax, %rdi
	pushq	$0
	.cfi_adjust_cfa_offset 8
	jmp	mni_go_on
	.cfi_endproc
	.size	mn_arch_entry, . - mn_arch_entry

/* A worker's scheduler context that has no kernel stack of its own. */
	.globl	mn_arch_entry_worker
	.hidden	mn_arch_entry_worker
	.type	mn_arch_entry_worker, @function
mn_arch_entry_worker:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	call	mni_worker_main
	ud2
	.cfi_endproc
	.size	mn_arch_entry_worker, . - mn_arch_entry_worker

/*
 * The personality of mn_arch_call's frame (Itanium C++ ABI: exception handling, 1.6.2).
 * Backtraces go through it into the joiner. A C++ exception does not: the joiner is
 * another thread, so that the search for a handler ends here, and the program with it.
 */
	.type	mn_arch_no_handler, @function
mn_arch_no_handler:
	movl	$8, %eax /* _URC_CONTINUE_UNWIND */
	testb	$1, %sil /* _UA_SEARCH_PHASE */
	je	1f
	movl	$3, %eax /* _URC_FATAL_PHASE1_ERROR */
1:	ret
	.size	mn_arch_no_handler, . - mn_arch_no_handler

/*
 * void *mn_arch_call(void *(*fn)(void *) rdi, void *arg rsi, void **out rdx,
 *                    struct mn_arch_fpenv e rcx: mxcsr, and fcw from bit 32)
 */
	.globl	mn_arch_call
	.hidden	mn_arch_call
	.type	mn_arch_call, @function
mn_arch_call:
	.cfi_startproc
	.cfi_personality 0x1b, mn_arch_no_handler
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdx)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	cmpl	%ecx, (%rsp)
	jne	.Lset
	shrq	$32, %rcx
	cmpw	%cx, 4(%rsp)
	jne	.Lset_fcw
.Lcall:
	callq	*%rax
.Lreturn:
	/* A thread may end with other control words than its joiner has. */
	stmxcsr	-4(%rsp)
	movl	-4(%rsp), %ecx
	cmpl	(%rsp), %ecx
	jne	.Lrestore
	fnstcw	-4(%rsp)
	movzwl	-4(%rsp), %ecx
	cmpw	4(%rsp), %cx
	jne	.Lrestore
.Lpop:
	.cfi_remember_state
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	ret
	.cfi_restore_state
.Lset:
	movl	%ecx, -4(%rsp)
	ldmxcsr	-4(%rsp)
	shrq	$32, %rcx
.Lset_fcw:
	movw	%cx, -4(%rsp)
	fldcw	-4(%rsp)
	jmp	.Lcall
.Lrestore:
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	jmp	.Lpop

/* _Noreturn void mn_arch_unwind(void *out rdi, void *value rsi) */
	.globl	mn_arch_unwind
	.hidden	mn_arch_unwind
	.type	mn_arch_unwind, @function
mn_arch_unwind:
	.cfi_def_cfa rdi, 64 /* the frame that is being taken down */
	movq	%rdi, %rsp
	.cfi_def_cfa rsp, 64
	movq	%rsi, %rax
	jmp	.Lreturn
	.cfi_endproc
	.size	mn_arch_call, . - mn_arch_call
	.size	mn_arch_unwind, . - mn_arch_unwind

	.section .note.GNU-stack, "", @progbits
