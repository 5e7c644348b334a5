/*
 * AArch64, AAPCS64: first entry into a thread, and calls that can be ended
 * from any depth.
 *
 * mn_arch_call's frame, which mn_arch_unwind takes down:
 *
 *        lower addresses
 *   sp -> +0    x29   +8   x30
 *         +16   x19   +24  x20   ...  +88  x28
 *         +96   d8    +104 d9    ...  +152 d15
 *         +160  fpcr
 *        higher addresses
 */
	.text

/* A new thread starts here with sp 16-byte aligned; it never returns. */
	.globl	mn_arch_entry
	.hidden	mn_arch_entry
	.type	mn_arch_entry, %function
mn_arch_entry:
	.cfi_startproc
	.cfi_undefined x30
	hint	#36
	mov	x29, #0
	mov	x30, #0
	bl	mni_thread_main
	brk	#0
	.cfi_endproc
	.size	mn_arch_entry, . - mn_arch_entry

/* A worker's scheduler context that has no kernel stack of its own. */
	.globl	mn_arch_entry_worker
	.hidden	mn_arch_entry_worker
	.type	mn_arch_entry_worker, %function
mn_arch_entry_worker:
	.cfi_startproc
	.cfi_undefined x30
	hint	#36
	mov	x29, #0
	mov	x30, #0
	bl	mni_worker_main
	brk	#0
	.cfi_endproc
	.size	mn_arch_entry_worker, . - mn_arch_entry_worker

/* void *mn_arch_call(void *(*fn)(void *) x0, void *arg x1, void **out x2) */
	.globl	mn_arch_call
	.hidden	mn_arch_call
	.type	mn_arch_call, %function
mn_arch_call:
	.cfi_startproc
	stp	x29, x30, [sp, #-176]!
	.cfi_def_cfa_offset 176
	.cfi_offset x29, -176
	.cfi_offset x30, -168
	mov	x29, sp
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x9, fpcr
	str	x9, [sp, #160]
	mov	x9, sp
	str	x9, [x2]
	mov	x9, x0
	mov	x0, x1
	blr	x9
.Lreturn:
	/* A thread may end with another control word than its joiner has. */
	mrs	x9, fpcr
	ldr	x10, [sp, #160]
	cmp	x9, x10
	b.eq	.Lpop
	msr	fpcr, x10
.Lpop:
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x29, x30, [sp], #176
	ret
	.cfi_endproc
	.size	mn_arch_call, . - mn_arch_call

/* _Noreturn void mn_arch_unwind(void *out x0, void *value x1) */
	.globl	mn_arch_unwind
	.hidden	mn_arch_unwind
	.type	mn_arch_unwind, %function
mn_arch_unwind:
	.cfi_startproc
	mov	sp, x0
	mov	x29, sp
	mov	x0, x1
	b	.Lreturn
	.cfi_endproc
	.size	mn_arch_unwind, . - mn_arch_unwind

	.section .note.GNU-stack, "", %progbits
