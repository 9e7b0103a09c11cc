package g722

// The tables of the Recommendation, as functions: a literal that is only indexed stands in read-only memory.

// q6 is the decision levels of the lower band's quantizer (table 14).
func q6(i int) int32 {
	return [...]int32{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458,
		1612, 1765, 1980, 2195, 2557, 2919,
	}[i]
}

// qm4 is the output of the lower band's inverse quantizer of 4 bits, as the adaptation uses it (table 17).
func qm4(code int32) int32 {
	return [...]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}[code&15]
}

// qm6 is that of 6 bits, as it is heard at 64 kbit/s (table 18).
func qm6(code int32) int32 {
	return [...]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}[code&63]
}

// qm2 is the output of the higher band's inverse quantizer (table 19).
func qm2(code int32) int32 { return [...]int32{-7408, -1616, 7408, 1616}[code&3] }

// wl is the steps of the lower band's logarithmic scale factor, by the 4 bits of the code (tables 15 and 16).
func wl(code int32) int32 {
	return [...]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}[code&15]
}

// wh is those of the higher band: of the two smaller outputs the one step, of the two larger the other.
func wh(code int32) int32 { return [...]int32{798, -214}[code&1] }

// ilb is 2048 times the powers of two between 0 and 1 in steps of 1/32 (table 21).
func ilb(i int32) int32 {
	return [...]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}[i&31]
}

// qmf is the two sums of the quadrature mirror filters (table 11): the even places of the history with the coefficients
// as they stand, the odd places with them in the other order.
func qmf(h *[24]int32) (even, odd int32) {
	even = 3*h[0] - 11*h[2] + 12*h[4] + 32*h[6] - 210*h[8] + 951*h[10] +
		3876*h[12] - 805*h[14] + 362*h[16] - 156*h[18] + 53*h[20] - 11*h[22]
	odd = -11*h[1] + 53*h[3] - 156*h[5] + 362*h[7] - 805*h[9] + 3876*h[11] +
		951*h[13] - 210*h[15] + 32*h[17] + 12*h[19] - 11*h[21] + 3*h[23]
	return even, odd
}
