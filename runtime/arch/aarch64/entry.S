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
 *         +160  fpcr  +168 fpsr
 *        higher addresses
 *
 * Branch protection: `hint #34` and `#36` are `bti c` and `bti j`, `#25` and
 * `#29` are paciasp and autiasp. All four do nothing on CPUs without them.
 */
	.text

/*
 * A context's first instruction: sp is 16-byte aligned. main returns what to go on
 * with, or never.
 */
	.macro	first_entry name, main
	.globl	\name
	.hidden	\name
	.type	\name, %function
\name:
	.cfi_startproc
	.cfi_undefined x30 /* backtraces end here */
	hint	#36
	mov	x29, #0
	mov	x30, #0
	bl	\main
	b	mni_go_on
	.cfi_endproc
	.size	\name, . - \name
	.endm

	first_entry mn_arch_entry, mni_thread_main

/* A worker's scheduler context that has no kernel stack of its own. */
	first_entry mn_arch_entry_worker, mni_worker_main

/*
 * The personality of mn_arch_call's frame (Itanium C++ ABI: exception handling, 1.6.2).
 * Backtraces go through it into the joiner. A C++ exception does not: the joiner is
 * another thread, so that the search for a handler ends here, and the program with it.
 */
	.type	mn_arch_no_handler, %function
mn_arch_no_handler:
	hint	#34
	mov	w0, #8 /* _URC_CONTINUE_UNWIND */
	tbz	w1, #0, 1f /* _UA_SEARCH_PHASE */
	mov	w0, #3 /* _URC_FATAL_PHASE1_ERROR */
1:	ret
	.size	mn_arch_no_handler, . - mn_arch_no_handler

/*
 * void *mn_arch_call(void *(*fn)(void *) x0, void *arg x1, void **out x2,
 *                    struct mn_arch_fpenv e x3: fpcr, and fpsr from bit 32)
 */
	.globl	mn_arch_call
	.hidden	mn_arch_call
	.type	mn_arch_call, %function
mn_arch_call:
	.cfi_startproc
	.cfi_personality 0x1b, mn_arch_no_handler
#ifdef __ARM_FEATURE_PAC_DEFAULT
	hint	#25 /* a landing pad too */
	.cfi_negate_ra_state
#else
	hint	#34
#endif
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
	.cfi_offset x19, -160
	.cfi_offset x20, -152
	.cfi_offset x21, -144
	.cfi_offset x22, -136
	.cfi_offset x23, -128
	.cfi_offset x24, -120
	.cfi_offset x25, -112
	.cfi_offset x26, -104
	.cfi_offset x27, -96
	.cfi_offset x28, -88
	.cfi_offset d8, -80
	.cfi_offset d9, -72
	.cfi_offset d10, -64
	.cfi_offset d11, -56
	.cfi_offset d12, -48
	.cfi_offset d13, -40
	.cfi_offset d14, -32
	.cfi_offset d15, -24
	mrs	x9, fpcr
	mrs	x10, fpsr
	stp	x9, x10, [sp, #160]
	mov	x9, sp
	str	x9, [x2]
	ldr	x11, [sp, #160]
	cmp	w11, w3
	b.eq	.Lset_fpsr
	mov	w11, w3
	msr	fpcr, x11
.Lset_fpsr:
	lsr	x11, x3, #32
	cmp	x10, x11
	b.eq	.Lcall
	msr	fpsr, x11
.Lcall:
	mov	x9, x0
	mov	x0, x1
	blr	x9
.Lreturn:
	/* A thread may end with another floating-point environment than its joiner has. */
	mrs	x9, fpcr
	mrs	x11, fpsr
	ldp	x10, x12, [sp, #160]
	cmp	x9, x10
	b.eq	.Lfpsr
	msr	fpcr, x10
.Lfpsr:
	cmp	x11, x12
	b.eq	.Lpop
	msr	fpsr, x12
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
	.cfi_remember_state
	ldp	x29, x30, [sp], #176
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
#ifdef __ARM_FEATURE_PAC_DEFAULT
	hint	#29
	.cfi_negate_ra_state
#endif
	ret

/* _Noreturn void mn_arch_unwind(void *out x0, void *value x1) */
	.globl	mn_arch_unwind
	.hidden	mn_arch_unwind
	.type	mn_arch_unwind, %function
mn_arch_unwind:
	.cfi_restore_state
	.cfi_def_cfa x0, 176 /* the frame that is being taken down */
	hint	#34
	mov	sp, x0
	.cfi_def_cfa sp, 176
	mov	x29, sp
	mov	x0, x1
	b	.Lreturn
	.cfi_endproc
	.size	mn_arch_call, . - mn_arch_call
	.size	mn_arch_unwind, . - mn_arch_unwind

	.section .note.GNU-stack, "", %progbits

/* Branch targets are marked and return addresses signed, as in code that the compiler makes. */
#ifdef __ARM_FEATURE_BTI_DEFAULT
	.section .note.gnu.property, "a", %note
	.balign	8
	.word	4, 16, 5
	.asciz	"GNU"
	.word	0xc0000000, 4 /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
#ifdef __ARM_FEATURE_PAC_DEFAULT
	.word	3, 0 /* BTI and PAC */
#else
	.word	1, 0
#endif
#endif
