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
	.text
	.globl	mn_arch_preempt_entry
	.hidden	mn_arch_preempt_entry
	.type	mn_arch_preempt_entry, @function
mn_arch_preempt_entry:
	pushfq
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rbp
	movq	%rsp, %rbp
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
	popq	%rbp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	popfq
	ret	$128
	.size	mn_arch_preempt_entry, . - mn_arch_preempt_entry

	.section .note.GNU-stack, "", @progbits
