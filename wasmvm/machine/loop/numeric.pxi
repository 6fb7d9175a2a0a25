# Numeric operators that are more than one C expression (spec "Numerics"), and typed access to bytes.

cdef inline uint32_t i32_clz(uint32_t a) noexcept nogil:
    return <uint32_t>wvm_clz32(a) if a else 32

cdef inline uint32_t i32_ctz(uint32_t a) noexcept nogil:
    return <uint32_t>wvm_ctz32(a) if a else 32

cdef inline uint32_t i32_popcnt(uint32_t a) noexcept nogil:
    return <uint32_t>wvm_popcnt64(a)

cdef inline uint64_t i64_clz(uint64_t a) noexcept nogil:
    return <uint64_t>wvm_clz64(a) if a else 64

cdef inline uint64_t i64_ctz(uint64_t a) noexcept nogil:
    return <uint64_t>wvm_ctz64(a) if a else 64

cdef inline uint64_t i64_popcnt(uint64_t a) noexcept nogil:
    return <uint64_t>wvm_popcnt64(a)

# The second shift count is masked too: a rotation by 0 must not shift by the whole width, which C leaves undefined.

cdef inline uint32_t i32_rotl(uint32_t a, uint32_t b) noexcept nogil:
    return (a << (b & 31)) | (a >> ((0 - b) & 31))

cdef inline uint32_t i32_rotr(uint32_t a, uint32_t b) noexcept nogil:
    return (a >> (b & 31)) | (a << ((0 - b) & 31))

cdef inline uint64_t i64_rotl(uint64_t a, uint64_t b) noexcept nogil:
    return (a << (b & 63)) | (a >> ((0 - b) & 63))

cdef inline uint64_t i64_rotr(uint64_t a, uint64_t b) noexcept nogil:
    return (a >> (b & 63)) | (a << ((0 - b) & 63))

# MIN % -1 is 0 in WebAssembly and undefined in C.

cdef inline uint32_t i32_rem_s(uint32_t a, uint32_t b) noexcept nogil:
    return 0 if b == <uint32_t>-1 else <uint32_t>(<int32_t>a % <int32_t>b)

cdef inline uint64_t i64_rem_s(uint64_t a, uint64_t b) noexcept nogil:
    return 0 if b == <uint64_t>-1 else <uint64_t>(<int64_t>a % <int64_t>b)


cdef inline void set_f32(slot* target, float value) noexcept nogil:
    cdef slot bits
    bits.u64 = 0
    bits.f32 = value
    target.u64 = bits.u64

cdef inline uint32_t f32_bits(float value) noexcept nogil:
    cdef uint32_t bits
    memcpy(&bits, &value, 4)
    return bits

cdef inline uint64_t f64_bits(double value) noexcept nogil:
    cdef uint64_t bits
    memcpy(&bits, &value, 8)
    return bits

cdef inline float f32_from_bits(uint32_t bits) noexcept nogil:
    cdef float value
    memcpy(&value, &bits, 4)
    return value

cdef inline double f64_from_bits(uint64_t bits) noexcept nogil:
    cdef double value
    memcpy(&value, &bits, 8)
    return value

# min, max and the roundings: a NaN comes out quiet (x + x quiets), zeros are told apart by their sign bits.

cdef inline float f32_min(float a, float b) noexcept nogil:
    if a != a or b != b:
        return a + b
    if a == b:
        return f32_from_bits(f32_bits(a) | f32_bits(b))
    return a if a < b else b

cdef inline float f32_max(float a, float b) noexcept nogil:
    if a != a or b != b:
        return a + b
    if a == b:
        return f32_from_bits(f32_bits(a) & f32_bits(b))
    return a if a > b else b

cdef inline double f64_min(double a, double b) noexcept nogil:
    if a != a or b != b:
        return a + b
    if a == b:
        return f64_from_bits(f64_bits(a) | f64_bits(b))
    return a if a < b else b

cdef inline double f64_max(double a, double b) noexcept nogil:
    if a != a or b != b:
        return a + b
    if a == b:
        return f64_from_bits(f64_bits(a) & f64_bits(b))
    return a if a > b else b

cdef inline float f32_abs(float a) noexcept nogil:
    return fabsf(a)

cdef inline double f64_abs(double a) noexcept nogil:
    return fabs(a)

cdef inline float f32_copysign(float a, float b) noexcept nogil:
    return copysignf(a, b)

cdef inline double f64_copysign(double a, double b) noexcept nogil:
    return copysign(a, b)

cdef inline float f32_ceil(float a) noexcept nogil:
    return a + a if a != a else ceilf(a)

cdef inline float f32_floor(float a) noexcept nogil:
    return a + a if a != a else floorf(a)

cdef inline float f32_trunc(float a) noexcept nogil:
    return a + a if a != a else truncf(a)

cdef inline float f32_nearest(float a) noexcept nogil:
    return a + a if a != a else rintf(a)

cdef inline float f32_sqrt(float a) noexcept nogil:
    return sqrtf(a)

cdef inline double f64_ceil(double a) noexcept nogil:
    return a + a if a != a else ceil(a)

cdef inline double f64_floor(double a) noexcept nogil:
    return a + a if a != a else floor(a)

cdef inline double f64_trunc(double a) noexcept nogil:
    return a + a if a != a else trunc(a)

cdef inline double f64_nearest(double a) noexcept nogil:
    return a + a if a != a else rint(a)

cdef inline double f64_sqrt(double a) noexcept nogil:
    return sqrt(a)

# Saturating truncation: f32 operands arrive as doubles, which hold every f32.

cdef inline uint32_t i32_trunc_sat_s(double a) noexcept nogil:
    if a != a:
        return 0
    if a <= -2147483648.0:
        return 0x80000000u
    return <uint32_t><int32_t>a if a < 2147483648.0 else 0x7FFFFFFF

cdef inline uint32_t i32_trunc_sat_u(double a) noexcept nogil:
    if not a > 0.0:
        return 0
    return <uint32_t>a if a < 4294967296.0 else 0xFFFFFFFFu

cdef inline uint64_t i64_trunc_sat_s(double a) noexcept nogil:
    if a != a:
        return 0
    if a <= -9223372036854775808.0:
        return 0x8000000000000000u
    return <uint64_t><int64_t>a if a < 9223372036854775808.0 else 0x7FFFFFFFFFFFFFFFu

cdef inline uint64_t i64_trunc_sat_u(double a) noexcept nogil:
    if not a > 0.0:
        return 0
    return <uint64_t>a if a < 18446744073709551616.0 else 0xFFFFFFFFFFFFFFFFu

# Bytes of memory and constants in code words have no alignment; compilers make one move of each memcpy.

cdef inline uint32_t load_u16(const uint8_t* p) noexcept nogil:
    cdef uint16_t value
    memcpy(&value, p, 2)
    return value

cdef inline uint32_t load_u32(const uint8_t* p) noexcept nogil:
    cdef uint32_t value
    memcpy(&value, p, 4)
    return value

cdef inline uint64_t load_u64(const uint8_t* p) noexcept nogil:
    cdef uint64_t value
    memcpy(&value, p, 8)
    return value

cdef inline float load_f32(const uint8_t* p) noexcept nogil:
    cdef float value
    memcpy(&value, p, 4)
    return value

cdef inline void store_f32(uint8_t* p, float value) noexcept nogil:
    memcpy(p, &value, 4)

cdef inline double load_f64(const uint8_t* p) noexcept nogil:
    cdef double value
    memcpy(&value, p, 8)
    return value

cdef inline void store_f64(uint8_t* p, double value) noexcept nogil:
    memcpy(p, &value, 8)

cdef inline void store_u16(uint8_t* p, uint16_t value) noexcept nogil:
    memcpy(p, &value, 2)

cdef inline void store_u32(uint8_t* p, uint32_t value) noexcept nogil:
    memcpy(p, &value, 4)

cdef inline void store_u64(uint8_t* p, uint64_t value) noexcept nogil:
    memcpy(p, &value, 8)

cdef inline uint64_t imm_u64(const int32_t* p) noexcept nogil:
    cdef uint64_t value
    memcpy(&value, p, 8)
    return value

cdef inline double imm_f64(const int32_t* p) noexcept nogil:
    cdef double value
    memcpy(&value, p, 8)
    return value

cdef inline float imm_f32(const int32_t* p) noexcept nogil:
    cdef float value
    memcpy(&value, p, 4)
    return value


# Of the proposal wide-arithmetic: the halves of a number of 128 bits are in two slots.

cdef inline void i64_add128(slot* low, slot* high, uint64_t a, uint64_t b, uint64_t c, uint64_t d) noexcept nogil:
    cdef uint64_t total = a + c
    high.u64 = b + d + (total < a)
    low.u64 = total


cdef inline void i64_sub128(slot* low, slot* high, uint64_t a, uint64_t b, uint64_t c, uint64_t d) noexcept nogil:
    high.u64 = b - d - (a < c)
    low.u64 = a - c


cdef inline void i64_mul_wide_u(slot* low, slot* high, uint64_t a, uint64_t b) noexcept nogil:
    high.u64 = wvm_mul_high(a, b)
    low.u64 = a * b


cdef inline void i64_mul_wide_s(slot* low, slot* high, uint64_t a, uint64_t b) noexcept nogil:
    # A negative factor is 2^64 less than its bits.
    high.u64 = wvm_mul_high(a, b) - (b & -(a >> 63)) - (a & -(b >> 63))
    low.u64 = a * b
