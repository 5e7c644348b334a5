/*
 * x86-64: the trampoline that a preempted thread goes on in.
 *
 * The handler has pushed the interrupted program counter below the red zone
 * (System V ABI 3.2.2), so that at entry
 *
 *        lower addresses
 *   sp -> +0    the interrupted program counter
 *         +8    128 bytes of red zone
 *         +136  the interrupted stack pointer pointed here
 *
 * Everything is saved: the flags, the general registers, and what XSAVE (SDM
 * vol. 1 chapter 13) knows of: x87, SSE, AVX, AVX-512, protection keys. `ret
 * $128` goes back to the interrupted instruction and skips the red zone.
 *
 * How to save is decided once, in preempt.c: mn_arch_xsave_mode is 2 for XSAVEC
 * (does not write what is in its initial state), 1 for XSAVE, 0 for FXSAVE.
 */
	.macro	save reg
	pushq	%\reg
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset \reg, 0
	.endm

	.macro	load reg
	popq	%\reg
	.cfi_adjust_cfa_offset -8
	.cfi_restore \reg
	.endm

	.text
	.globl	mn_arch_preempt_entry
	.hidden	mn_arch_preempt_entry
	.type	mn_arch_preempt_entry, @function
mn_arch_preempt_entry:
	.cfi_startproc
	.cfi_signal_frame /* whoever is below was interrupted, and made no call */
	.cfi_def_cfa rsp, 136
	.cfi_offset rip, -136
	pushfq
	.cfi_adjust_cfa_offset 8
	save	rax
	save	rcx
	save	rdx
	save	rbx
	save	rsi
	save	rdi
	save	r8
	save	r9
	save	r10
	save	r11
	save	r12
	save	r13
	save	r14
	save	r15
	save	rbp
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	cld
	subq	mn_arch_xsave_bytes(%rip), %rsp
	andq	$-64, %rsp
	movl	mn_arch_xsave_mode(%rip), %ebx
	testl	%ebx, %ebx
	jz	.Lfxsave
	/* XRSTOR wants the reserved part of the header to be zero. */
	xorl	%ecx, %ecx
	movq	%rcx, 512(%rsp)
	movq	%rcx, 520(%rsp)
	movq	%rcx, 528(%rsp)
	movq	%rcx, 536(%rsp)
	movq	%rcx, 544(%rsp)
	movq	%rcx, 552(%rsp)
	movq	%rcx, 560(%rsp)
	movq	%rcx, 568(%rsp)
	movl	$-1, %eax
	movl	$-1, %edx
	cmpl	$2, %ebx
	je	.Lxsavec
	xsave64	(%rsp)
	jmp	.Lyield
.Lxsavec:
	fnstcw	(%rsp) /* read below, and not written when x87 is in its initial state */
	xsavec64 (%rsp)
.Lyield:
	/* The ABI has the x87 stack empty at a call; the next thread relies on it. */
	fninit
	fldcw	(%rsp)
	call	mni_preempted
	movl	$-1, %eax
	movl	$-1, %edx
	xrstor64 (%rsp)
	jmp	.Lrestore
.Lfxsave:
	fxsave64 (%rsp)
	fninit
	fldcw	(%rsp)
	call	mni_preempted
	fxrstor64 (%rsp)
.Lrestore:
	movq	%rbp, %rsp
	.cfi_def_cfa_register rsp
	load	rbp
	load	r15
	load	r14
	load	r13
	load	r12
	load	r11
	load	r10
	load	r9
	load	r8
	load	rdi
	load	rsi
	load	rbx
	load	rdx
	load	rcx
	load	rax
	popfq
	.cfi_adjust_cfa_offset -8
	ret	$128
	.cfi_endproc
	.size	mn_arch_preempt_entry, . - mn_arch_preempt_entry

	.section .note.GNU-stack, "", @progbits
