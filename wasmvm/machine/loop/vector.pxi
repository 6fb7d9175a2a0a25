# Vector instructions (spec "Vector Operations") that are not the same for every lane, and what the
# generated functions in _core_vector.pxi share. All of them read their operands before they write the result.

cdef inline int saturate(int value, int least, int most) noexcept nogil:
    return least if value < least else most if value > most else value

cdef inline uint8_t popcount8(uint8_t a) noexcept nogil:
    # Unlike the scalar function, this becomes vector code.
    a = <uint8_t>(a - ((a >> 1) & 0x55))
    a = <uint8_t>((a & 0x33) + ((a >> 2) & 0x33))
    return <uint8_t>((a + (a >> 4)) & 0x0F)

cdef void v_shuffle(slot* d, const slot* a, const slot* b, const uint8_t* lanes) noexcept nogil:
    cdef uint8_t both[32]
    cdef v128_t r
    cdef int i
    memcpy(both, a, 16)
    memcpy(&both[16], b, 16)
    for i in range(16):
        r.u8[i] = both[lanes[i]]
    memcpy(d, &r, 16)

cdef void v_swizzle(slot* d, const slot* a, const slot* b) noexcept nogil:
    cdef v128_t x, y, r
    cdef int i
    memcpy(&x, a, 16)
    memcpy(&y, b, 16)
    for i in range(16):
        r.u8[i] = x.u8[y.u8[i] & 15] if y.u8[i] < 16 else 0
    memcpy(d, &r, 16)
