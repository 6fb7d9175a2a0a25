"""Sequences of instructions that the threaded back end runs as one: what may follow on an instruction or a sequence.

Chosen by counting what runs, not by hand: `python tools/sequences.py` says how, docs/rationale.md why.
"""

SEQUENCES: dict[str, str] = {
    "move": (
        "move const32 i32.add i32.add_rk i32.and_rk i32.shl_rk i32.shr_u_rk f32.mul_rk f64.mul br loop_br br_if "
        "loop_br_if br_unless br_if_i32.eq loop_br_if_i32.eq_rk loop_br_if_i32.ne loop_br_if_i32.ne_rk "
        "br_if_i32.lt_s_rk loop_br_if_i32.gt_s loop_br_if_i32.gt_s_rk loop_br_if_i32.le_s loop_br_if_i32.le_u_rk "
        "loop_br_if_i64.ne_rk loop_add_br_if_i32.ne_rk i32.load i32.load_k i32.load8_u i32.load8_u_ab i32.load16_u "
        "i32.store call call_indirect move_acc_i_a i32.add_rk_acc_i_a i32.xor_acc_i_b i32.shl_rk_acc_i_a "
        "i64.add_rk_acc_i_a i64.mul_acc_i_b i64.rem_u_acc_i_b br_if_acc_i_a br_unless_acc_i_a "
        "br_if_i32.gt_s_rk_acc_i_a i32.load_acc_i_a i32.load_shl_acc_i_b i32.load8_u_acc_i_a i32.store_acc_i_a "
        "i32.store_acc_i_c move_previous_a i32.and_rk_previous_a loop_br_if_i64.ne_rk_previous_a "
        "i64.mul_acc_i_b_previous_a"
    ),
    "const32": (
        "move const32 i32.add i32.add_rk i32.sub i32.sub_kr i32.mul_rk i32.and_rk i32.or i32.shl_rk i64.add_rk br "
        "br_unless br_if_i32.eq br_if_i32.lt_s_rk br_if_i32.lt_u_rk br_if_i32.le_s_rk br_if_i32.ge_u "
        "br_if_i64.lt_s_rk i32.load i32.load_k i32.load8_u i32.load8_u_ak i32.load8_u_ab memory.fill memory.copy call "
        "call_indirect select_acc_i_a select_acc_i_b select_acc_i_a_previous_c select_acc_i_b_previous_a "
        "select_acc_i_b_previous_c"
    ),
    "select": (
        "move select i32.add_rk i32.and_rk i32.xor_rk i32.shl_kr i32.lt_u_rk i32.gt_u_rk f32.abs f32.ne f32.gt_rk "
        "f64.add f64.neg f64.gt_rk i32.shl_add loop_add_br_if_i32.ne_rk i32.load i64.load move_acc_i_a "
        "i32.add_acc_i_a i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.mul_acc_i_a i32.and_acc_i_b "
        "i32.and_rk_acc_i_a i32.shl_acc_i_b i32.shl_rk_acc_i_a i32.shr_u_rk_acc_i_a i32.ne_rk_acc_i_a "
        "i32.lt_s_acc_i_b i32.lt_u_acc_i_a i32.gt_s_rk_acc_i_a loop_br_if_acc_i_a br_unless_acc_i_a "
        "i32.load8_u_ab_acc_i_b i32.store_acc_i_c i32.store_k_acc_i_c i32.store8_acc_i_c i32.store16_acc_i_c"
    ),
    "i32.add": (
        "move const32 i32.add i32.add_rk i32.sub i32.mul_rk i32.and i32.and_rk i32.xor i32.xor_rk i32.ne f32.ge br "
        "loop_br br_unless loop_add_br_if_i32.ne i32.load i32.load_k i32.load_ak i32.load8_u i32.load8_u_ak "
        "i32.load8_u_ab i32.load16_s_ak f32.load f32.load_ak memory.copy return move_acc_i_a select_acc_i_a "
        "i32.add_acc_i_a i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.mul_rk_acc_i_a i32.rem_s_rk_acc_i_a "
        "i32.shr_s_rk_acc_i_a i32.shr_u_acc_i_a i32.shr_u_rk_acc_i_a i32.lt_s_rk_acc_i_a i32.lt_u_acc_i_a "
        "i32.lt_u_rk_acc_i_a i32.extend16_s_acc_i_a br_if_i32.ne_acc_i_a loop_br_if_i32.ne_acc_i_b "
        "loop_br_if_i32.lt_u_acc_i_a br_if_i32.gt_s_rk_acc_i_a loop_br_if_i32.le_u_acc_i_a br_if_i32.ge_u_acc_i_a "
        "i32.load_acc_i_a i32.load_ak_acc_i_a i64.load_ak_acc_i_a i32.load8_u_acc_i_a i32.load8_u_ak_acc_i_a "
        "f32.load_acc_i_a f64.load_acc_i_a i32.store_acc_i_c i32.store_v_acc_i_a i32.store_k_acc_i_c "
        "i32.store_ak_acc_i_a i32.store8_v_acc_i_a"
    ),
    "i32.add_rk": (
        "move const32 i32.add i32.add_rk i32.sub i32.sub_kr i32.mul_rk i32.div_s_rk i32.and_rk i32.or_rk i32.xor "
        "i32.shl_rk i32.shr_u_rk f32.convert_i32_u f64.mul i32.shl_add br loop_br loop_br_if br_if_i32.lt_u_rk "
        "loop_add_br_if_i32.ne loop_add_br_if_i32.ne_rk loop_add_br_if_i32.gt_u_rk loop_add_br_if_i32.le_u i32.load "
        "i32.load_k i32.load_ak i32.load8_s i32.load8_u i32.load8_u_ak i32.load16_s f64.load call return move_acc_i_a "
        "i32.add_acc_i_a i32.add_rk_acc_i_a i32.and_acc_i_a i32.and_rk_acc_i_a i32.xor_acc_i_b i32.shr_s_rk_acc_i_a "
        "i32.shr_u_rk_acc_i_a i32.clz_acc_i_a i32.lt_s_acc_i_a i32.lt_u_acc_i_a i32.gt_u_acc_i_a i64.mul_acc_i_b "
        "i32.shl_add_acc_i_a loop_br_if_acc_i_a br_unless_acc_i_a br_if_i32.eq_acc_i_a br_if_i32.lt_s_acc_i_a "
        "br_if_i32.lt_u_rk_acc_i_a br_if_i32.gt_u_rk_acc_i_a br_if_i32.le_u_rk_acc_i_a br_if_i32.ge_u_acc_i_a "
        "br_table_acc_i_a i32.load_acc_i_a i32.load_ab_acc_i_a i32.load_shl_acc_i_b i64.load_acc_i_a "
        "i64.load_shl_acc_i_b i32.load8_u_acc_i_a i32.load16_u_acc_i_a f32.load_acc_i_a f64.load_acc_i_a "
        "i32.store_acc_i_a i32.store_acc_i_c i32.store_k_acc_i_c i64.store_v_acc_i_a global.set_acc_i_a "
        "loop_br_if_previous_a i32.xor_acc_i_b_previous_a i32.store_acc_i_c_previous_a"
    ),
    "i32.sub": (
        "move i32.add i32.sub i32.shr_u_rk i64.shr_u_rk i32.shl_add br_unless loop_add_br_if_i32.ne_rk return "
        "return_slot i32.add_acc_i_b i32.mul_rk_acc_i_a i32.div_s_rk_acc_i_a i32.and_rk_acc_i_a i32.shr_s_rk_acc_i_a "
        "i32.shr_u_rk_acc_i_a i32.gt_u_acc_i_a i32.gt_u_acc_i_b i32.extend8_s_acc_i_a i32.shl_add_acc_i_b "
        "br_if_acc_i_a br_unless_acc_i_a br_if_i32.gt_s_rk_acc_i_a br_if_i32.ge_u_acc_i_a i32.store_acc_i_c "
        "i32.store_k_acc_i_c i32.store8_acc_i_c i32.gt_u_acc_i_b_previous_a"
    ),
    "i32.sub_rk": "global.set_acc_i_a",
    "i32.sub_kr": (
        "i32.and_rk i32.shr_u_rk i32.mul_acc_i_b i32.and_acc_i_b i32.and_rk_acc_i_a i32.or_acc_i_a i32.lt_s_acc_i_b "
        "i64.and_rk_acc_i_a"
    ),
    "i32.mul": "f32.ge_rk i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.store_acc_i_c",
    "i32.mul_rk": (
        "i32.mul_rk i32.and_rk i32.load i32.load8_u i32.load8_u_ak i32.add_acc_i_a i32.add_acc_i_b i32.add_rk_acc_i_a "
        "i32.xor_acc_i_a i32.shr_u_rk_acc_i_a br_if_i32.lt_u_acc_i_b i32.load_ab_acc_i_b i32.add_acc_i_b_previous_a"
    ),
    "i32.div_s_rk": (
        "i32.sub i32.load i32.shl_rk_acc_i_a loop_br_if_i32.lt_s_acc_i_b br_if_i32.ge_u_acc_i_b "
        "i32.load8_u_ak_acc_i_a i32.store8_acc_i_c i32.store8_acc_i_c_previous_a"
    ),
    "i32.rem_s_rk": "i32.sub_kr_acc_i_a i32.store_k_acc_i_c",
    "i32.rem_u": "i32.add i32.load_shl_acc_i_b i32.store_acc_i_c",
    "i32.and": (
        "i32.and i32.load_k i32.add_acc_i_b i32.or_acc_i_a i32.xor_acc_i_a i32.xor_acc_i_b i32.shl_add_acc_i_b "
        "br_if_acc_i_a br_unless_acc_i_a i64.load_shl_acc_i_b i32.store_acc_i_c"
    ),
    "i32.and_rk": (
        "move const32 i32.and_rk i32.shr_u_rk i32.lt_u_rk f32.ge_rk br_if_i32.lt_s_rk i32.load i32.load8_u "
        "i32.load8_u_ab return select_acc_i_c i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.or_acc_i_a "
        "i32.or_acc_i_b i32.shl_rk_acc_i_a i32.shr_u_acc_i_b i32.shr_u_rk_acc_i_a i32.rotr_rk_acc_i_a "
        "i32.eq_rk_acc_i_a i32.lt_u_rk_acc_i_a f32.convert_i32_u_acc_i_a i32.shl_add_acc_i_b br_if_acc_i_a "
        "br_unless_acc_i_a loop_br_if_i32.eq_acc_i_b br_if_i32.eq_rk_acc_i_a loop_br_if_i32.eq_rk_acc_i_a "
        "br_if_i32.ne_acc_i_b br_if_i32.ne_rk_acc_i_a br_if_i32.lt_u_rk_acc_i_a i32.load_acc_i_a i32.load_ab_acc_i_b "
        "i32.load8_u_acc_i_a i32.store_acc_i_c i32.store16_acc_i_c select_acc_i_c_previous_b "
        "i32.add_acc_i_b_previous_a i32.shl_add_acc_i_b_previous_a br_if_i32.ne_acc_i_b_previous_a"
    ),
    "i32.or": (
        "i32.or f32.ge_rk br_unless move_acc_i_a i32.and_rk_acc_i_a i32.or_acc_i_a i32.xor_rk_acc_i_a "
        "i32.shl_rk_acc_i_a i32.shr_u_rk_acc_i_a br_unless_acc_i_a i32.store_acc_i_c"
    ),
    "i32.or_rk": "loop_br_if_i32.lt_s_acc_i_a i32.store_acc_i_c",
    "i32.xor": (
        "i32.add i32.add_rk i32.and_rk i32.shl_rk i32.shr_s_rk i32.shr_u_rk i32.rotl_rk f32.add_rk f32.sub_kr "
        "f32.lt_rk f32.gt_rk loop_br_if i32.load i32.load_ak move_acc_i_a i32.add_acc_i_b i32.mul_rk_acc_i_a "
        "i32.and_acc_i_a i32.and_rk_acc_i_a i32.xor_acc_i_a i32.xor_acc_i_b i32.shl_rk_acc_i_a i32.shr_u_rk_acc_i_a "
        "i32.store_acc_i_c i32.store8_acc_i_c loop_br_if_previous_a"
    ),
    "i32.xor_rk": "i32.add_acc_i_b i32.and_acc_i_b i32.and_rk_acc_i_a i32.shl_rk_acc_i_a i32.and_acc_i_b_previous_a",
    "i32.shl": "i32.add_rk_acc_i_a",
    "i32.shl_rk": (
        "i32.or i32.load i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.and_rk_acc_i_a i32.or_acc_i_a "
        "i32.or_acc_i_b i32.or_rk_acc_i_a i32.xor_acc_i_a i32.shr_s_rk_acc_i_a br_if_i32.eq_rk_acc_i_a "
        "br_if_i32.ne_rk_acc_i_a br_if_i32.gt_u_acc_i_b br_if_i32.le_u_acc_i_a i32.load_acc_i_a i32.load_ak_acc_i_a "
        "i32.load_ab_acc_i_b i64.load_ak_acc_i_a i32.load16_s_ak_acc_i_a i32.load16_u_ak_acc_i_a"
    ),
    "i32.shl_kr": "i32.sub_acc_i_b i32.and_acc_i_b i32.gt_u_acc_i_b",
    "i32.shr_s_rk": (
        "i32.load i32.rem_u_acc_i_b i32.and_acc_i_b i32.shl_rk_acc_i_a br_if_i32.ge_u_acc_i_b i32.load8_u_ab_acc_i_b "
        "i32.store_acc_i_c i32.and_acc_i_b_previous_a"
    ),
    "i32.shr_u": "i32.sub_kr i32.load i32.and_rk_acc_i_a",
    "i32.shr_u_rk": (
        "move i32.and_rk i32.shr_u_rk i32.load call i32.add_acc_i_a i32.rem_u_acc_i_a i32.and_rk_acc_i_a "
        "i32.xor_acc_i_a i32.xor_acc_i_b i32.shl_kr_acc_i_a i32.shr_u_acc_i_b f32.convert_i32_u_acc_i_a "
        "i32.shl_add_acc_i_b i32.store8_acc_i_c i32.store16_acc_i_c i32.xor_acc_i_b_previous_a"
    ),
    "i32.rotl_rk": "i32.rotl_rk i32.xor_acc_i_b i32.xor_acc_i_b_previous_a",
    "i32.rotr_rk": "i32.rotr_rk i32.and_rk_acc_i_a",
    "i32.clz": "i32.sub_kr_acc_i_a br_if_acc_i_a",
    "i32.eq": "i32.add_acc_i_b",
    "i32.eq_rk": "const32 select_acc_i_c",
    "i32.ne": "i32.xor i32.add_acc_i_b",
    "i32.ne_rk": "br_unless i32.load",
    "i32.lt_s": "select_acc_i_c i32.and_rk_acc_i_a",
    "i32.lt_s_rk": "const32 select_acc_i_c",
    "i32.lt_u": "const32 select_acc_i_c i32.and_rk_acc_i_a",
    "i32.lt_u_rk": "const32 select_acc_i_c select_acc_i_c_previous_b",
    "i32.gt_s": "select_acc_i_c",
    "i32.gt_s_rk": "const32",
    "i32.gt_u": "const32 select_acc_i_c",
    "i32.gt_u_rk": "const32 select_acc_i_c select_acc_i_c_previous_b",
    "i32.ge_u": "i32.and_rk_acc_i_a",
    "i32.extend8_s": "i32.sub i32.add_acc_i_b i32.sub_previous_a",
    "i32.extend16_s": "i32.add_rk_acc_i_a i32.lt_s_acc_i_b",
    "i64.add": "br loop_br_if_i64.gt_u_rk return i64.add_rk_acc_i_a i64.rem_u_acc_i_a i64.store_acc_i_c",
    "i64.add_rk": "move i32.add_rk i64.add_rk call i64.store_k_acc_i_c",
    "i64.mul": "br_unless i64.add_acc_i_b i64.rem_u_acc_i_a i64.shr_u_rk_acc_i_a",
    "i64.mul_rk": "i64.shr_u_rk_acc_i_a",
    "i64.rem_u": "move i64.and_rk i64.shr_u_rk br_if_i64.lt_u_rk i64.add_acc_i_b i64.shl_rk_acc_i_a",
    "i64.and_rk": "i64.mul_acc_i_a i64.shl_kr_acc_i_a br_unless_acc_i_a",
    "i64.or": "br_if_i64.lt_u_rk_acc_i_a",
    "i64.or_rk": "i64.mul_rk_acc_i_a i64.store_acc_i_c",
    "i64.xor": "i64.or_rk_acc_i_a i64.shl_rk_acc_i_a i64.shr_u_rk_acc_i_a br_if_i64.ne_rk_acc_i_a",
    "i64.shl_rk": "i64.rem_u_acc_i_a i64.or_rk_acc_i_a i64.xor_acc_i_a",
    "i64.shl_kr": "i32.wrap_i64_acc_i_a",
    "i64.shr_u_rk": (
        "i64.mul_acc_i_a i64.and_rk_acc_i_a i64.xor_acc_i_a i32.wrap_i64_acc_i_a loop_br_if_i64.ne_rk_acc_i_a"
    ),
    "i64.eqz": "return i32.add_acc_i_b",
    "f32.add": "f32.load f32.add_acc_f_b f32.add_rk_acc_f_a f32.max_rk_acc_f_a f32.store_acc_f_c",
    "f32.add_rk": "move f32.add_rk_acc_f_a f32.sub_acc_f_a f32.ge_rk_acc_f_a f32.store_acc_f_c",
    "f32.sub": "f32.store f32.add_acc_f_a f32.add_acc_f_b",
    "f32.sub_kr": "i32.xor i32.xor_acc_i_a f32.mul_acc_f_b",
    "f32.mul": "f32.mul f32.load_ab f32.add_acc_f_a f32.add_acc_f_b f32.sub_acc_f_b f32.store_acc_f_c",
    "f32.mul_rk": "f32.sub_kr f32.store f32.add_rk_acc_f_a f32.store_acc_f_c",
    "f32.min_rk": "f32.mul_rk_acc_f_a",
    "f32.max_rk": "f32.min_rk_acc_f_a f32.gt_acc_f_a",
    "f32.abs": "f32.lt_rk_acc_f_a",
    "f32.ne": "const32",
    "f32.lt_rk": "const32 f32.ge_rk br_unless_acc_i_a",
    "f32.gt": "select_acc_i_c",
    "f32.gt_rk": "const32",
    "f32.ge": "i32.add_acc_i_b",
    "f32.ge_rk": "const32 f32.abs f32.lt_rk i32.and_acc_i_b",
    "f32.convert_i32_u": "f32.mul_rk_acc_f_a",
    "i32.trunc_f32_s": "br",
    "i32.trunc_f32_u": "br",
    "f64.add": (
        "i32.add i32.add_rk f64.sub f64.mul i32.load_ak f64.store f64.add_acc_d_b f64.sub_acc_d_b f64.sqrt_acc_d_a "
        "f64.le_rk_acc_d_a f64.store_acc_d_c f64.store_k_acc_d_c"
    ),
    "f64.add_rk": "move f64.add_acc_d_b f64.mul_acc_d_b",
    "f64.sub": "i32.add_rk f64.add_acc_d_a f64.mul_acc_d_a f64.mul_acc_d_b",
    "f64.mul": (
        "f64.mul f64.mul_rk f64.load f64.load_ak f64.add_acc_d_a f64.add_acc_d_b f64.add_rk_acc_d_a f64.mul_acc_d_a "
        "f64.mul_acc_d_b f64.div_kr_acc_d_a f64.add_acc_d_b_previous_a"
    ),
    "f64.mul_rk": "f64.load_k f64.add_acc_d_a f64.add_rk_acc_d_a",
    "f64.div_kr": "f64.mul_acc_d_b",
    "f64.abs": "f64.lt_rk_acc_d_a",
    "f64.neg": "i32.and_rk",
    "f64.floor": "f64.sub_acc_d_b",
    "f64.sqrt": "f64.mul_acc_d_b",
    "f64.lt": "select_acc_i_c",
    "f64.lt_rk": "f64.ge_rk br_unless_acc_i_a",
    "f64.gt_rk": "const32",
    "f64.le_rk": "i32.or_acc_i_a br_unless_acc_i_a",
    "f64.ge_rk": "f64.lt_rk i32.and_acc_i_b",
    "i32.trunc_f64_s": "br",
    "i32.trunc_f64_u": "br",
    "i32.trunc_sat_f64_s": "i32.and_rk_acc_i_a",
    "i32.wrap_i64": (
        "i32.shl_rk i32.wrap_i64 move_acc_i_a i32.add_acc_i_a i32.add_acc_i_b i32.sub_acc_i_b i32.and_acc_i_b "
        "i32.shl_kr_acc_i_a i32.shl_add_acc_i_b br_unless_acc_i_a br_if_i32.ne_rk_acc_i_a"
    ),
    "i32.shl_add": (
        "move i32.mul_rk i32.shl_rk i32.shl_add i32.load i32.load_k i32.load8_u_ak f64.load_ak return move_acc_i_a "
        "i32.add_rk_acc_i_a i32.load_acc_i_a i32.load_ak_acc_i_a i64.load_acc_i_a i32.load8_u_acc_i_a "
        "i32.store_acc_i_a i32.store_acc_i_c"
    ),
    "br_if": "move const32 i32.add_rk i32.and_rk br_if i32.load i32.load_k i32.load8_u return32",
    "loop_br_if": "move i32.add_rk i32.load i32.store f64.store_shl return_slot",
    "br_unless": (
        "move const32 i32.add i32.add_rk i32.and_rk i32.shl_rk i32.shr_u_rk i64.or i64.shl_rk i64.shr_u_rk "
        "i32.trunc_f32_s i32.trunc_f32_u f64.mul i32.trunc_f64_s i32.trunc_f64_u loop_br br_unless br_if_i32.eq_rk "
        "br_if_i64.eq loop_br_if_i64.ne i32.load i32.load_k i32.load_ak i64.load_ak i32.load8_u f64.load_shl "
        "i32.store i64.shr_u_rk_acc_i_a"
    ),
    "br_if_i32.eq": "move const32 i32.add i32.add_rk i32.sub loop_br i32.load i32.load8_u",
    "loop_br_if_i32.eq": "i32.and_rk",
    "br_if_i32.eq_rk": (
        "move const32 i32.add_rk i32.and_rk br br_if_i32.eq_rk br_if_i32.ne br_if_i32.ne_rk br_if_i32.lt_s_rk"
    ),
    "loop_br_if_i32.eq_rk": "i32.add_rk",
    "br_if_i32.ne": "move const32 i32.add_rk loop_add_br_if_i32.ne i32.load",
    "br_if_i32.ne_rk": "move i32.add_rk i32.mul_rk i32.wrap_i64 i32.load i32.mul_rk_acc_i_a",
    "br_if_i32.lt_s_rk": "i32.add i32.mul_rk",
    "br_if_i32.lt_u_rk": "br_if_i32.eq_rk i32.load",
    "br_if_i32.gt_s": "i32.store",
    "br_if_i32.gt_s_rk": "i32.add_rk br_if_i32.eq_rk",
    "loop_br_if_i32.gt_s_rk": "br_if_i32.eq",
    "br_if_i32.gt_u_rk": "i32.add_rk i32.and_rk i32.load_k",
    "br_if_i32.le_s": "i32.add_rk",
    "br_if_i32.ge_s": "i32.load i32.store",
    "br_if_i32.ge_u": (
        "i32.add i32.add_rk i32.sub f32.ge_rk i32.shl_add br_if_i32.ge_u i32.load i64.load i32.load8_u f64.load "
        "i32.store_v"
    ),
    "loop_br_if_i64.ne": "i32.shl_add",
    "br_if_i64.lt_u_rk": "i64.and_rk",
    "loop_br_if_i64.gt_u_rk": "i64.add",
    "loop_add_br_if_i32.ne_rk": "return_slot",
    "i32.load": (
        "move const32 i32.add i32.add_rk i32.sub i32.mul_rk i32.and_rk i32.shr_u_rk i32.rotl_rk i32.ne_rk i64.mul_rk "
        "i64.eqz i32.shl_add br br_if br_unless br_if_i32.eq br_if_i32.ne_rk loop_add_br_if_i32.ne i32.load "
        "i32.load_k i32.load_ak i64.load i32.load8_u i32.store i32.store_v call return move_acc_i_a select_acc_i_a "
        "select_acc_i_b i32.add_acc_i_a i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_a i32.sub_acc_i_b "
        "i32.sub_kr_acc_i_a i32.mul_acc_i_a i32.mul_acc_i_b i32.mul_rk_acc_i_a i32.and_rk_acc_i_a i32.or_rk_acc_i_a "
        "i32.xor_acc_i_a i32.xor_acc_i_b i32.shl_rk_acc_i_a i32.shr_u_acc_i_b i32.shr_u_rk_acc_i_a i32.gt_s_acc_i_b "
        "i32.gt_u_acc_i_b i32.ge_u_acc_i_b i64.mul_acc_i_a i32.shl_add_acc_i_a i32.shl_add_acc_i_b br_if_acc_i_a "
        "loop_br_if_acc_i_a br_unless_acc_i_a br_if_i32.eq_acc_i_a br_if_i32.eq_acc_i_b br_if_i32.eq_rk_acc_i_a "
        "br_if_i32.ne_acc_i_a br_if_i32.ne_acc_i_b br_if_i32.ne_rk_acc_i_a br_if_i32.lt_s_acc_i_b "
        "loop_br_if_i32.lt_s_acc_i_a br_if_i32.lt_s_rk_acc_i_a br_if_i32.lt_u_rk_acc_i_a br_if_i32.gt_s_acc_i_b "
        "br_if_i32.gt_s_rk_acc_i_a loop_br_if_i32.gt_s_rk_acc_i_a br_if_i32.ge_s_acc_i_b br_if_i32.ge_u_acc_i_b "
        "br_if_i32.ge_u_rk_acc_i_a br_table_acc_i_a i32.load_acc_i_a i32.load_ab_acc_i_a i32.load_shl_acc_i_a "
        "i32.load_shl_acc_i_b i64.load_shl_acc_i_b i32.load8_u_acc_i_a i32.load16_u_acc_i_a f64.load_shl_acc_i_b "
        "i32.store_acc_i_c move_previous_a i32.load_previous_a i32.add_acc_i_b_previous_a i32.sub_acc_i_b_previous_a "
        "i32.mul_acc_i_b_previous_a i32.shr_u_acc_i_b_previous_a i32.gt_s_acc_i_b_previous_a "
        "i32.shl_add_acc_i_b_previous_a br_if_i32.eq_acc_i_b_previous_a br_if_i32.ne_acc_i_b_previous_a "
        "i32.load_shl_acc_i_b_previous_a"
    ),
    "i32.load_k": (
        "move i32.add_rk i32.shr_u_rk i32.load i32.load_k i32.add_acc_i_a i32.add_rk_acc_i_a i32.sub_acc_i_b "
        "i32.sub_kr_acc_i_a i32.lt_s_acc_i_b br_if_acc_i_a br_unless_acc_i_a br_if_i32.eq_acc_i_b "
        "br_if_i32.ne_acc_i_b i32.load_acc_i_a i32.sub_acc_i_b_previous_a i32.lt_s_acc_i_b_previous_a "
        "br_if_i32.ne_acc_i_b_previous_a"
    ),
    "i32.load_ak": (
        "move i32.load i32.load_ak i32.add_acc_i_b i32.mul_acc_i_a i32.mul_rk_acc_i_a i32.and_rk_acc_i_a "
        "i32.xor_acc_i_b i32.rotl_rk_acc_i_a i32.shl_add_acc_i_b br_if_i32.lt_u_rk_acc_i_a br_table_acc_i_a "
        "i64.load_shl_acc_i_b f64.load_shl_acc_i_b i32.store_acc_i_c i32.add_acc_i_b_previous_a "
        "i32.xor_acc_i_b_previous_a"
    ),
    "i32.load_ab": "i32.load_ab i32.add_acc_i_b i32.mul_rk_acc_i_a i32.shr_u_acc_i_a loop_br_if_i32.gt_s_rk_acc_i_a",
    "i32.load_shl": (
        "const32 i32.add_rk i32.load i32.load_k i32.load_shl i32.add_acc_i_a i32.lt_u_acc_i_b i32.gt_s_acc_i_b "
        "loop_br_if_i32.gt_s_rk_acc_i_a br_if_i32.le_s_acc_i_a f64.load_shl_acc_i_b i32.store_acc_i_c "
        "i32.gt_s_acc_i_b_previous_a"
    ),
    "i64.load": "i32.add_rk i32.load i64.load i64.shr_u_rk_acc_i_a br_unless_acc_i_a i64.store_acc_i_c",
    "i64.load_k": "i64.add_rk_acc_i_a",
    "i64.load_ak": "i64.xor_acc_i_b i32.wrap_i64_acc_i_a i64.store_acc_i_c",
    "i64.load_shl": "br_unless_acc_i_a i64.store_acc_i_c",
    "i32.load8_s": "i32.lt_s_rk_acc_i_a",
    "i32.load8_u": (
        "i32.add_rk i32.and_rk i32.shr_u_rk loop_br i32.load8_u i32.load8_u_ak i32.load8_u_ab move_acc_i_a "
        "i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.and_rk_acc_i_a i32.or_acc_i_b i32.shl_rk_acc_i_a "
        "i32.eq_acc_i_a i32.ne_acc_i_b f64.convert_i32_u_acc_i_a br_if_acc_i_a loop_br_if_acc_i_a br_unless_acc_i_a "
        "br_if_i32.eq_acc_i_a br_if_i32.eq_acc_i_b br_if_i32.eq_rk_acc_i_a br_if_i32.ne_acc_i_b "
        "br_if_i32.ne_rk_acc_i_a loop_br_if_i32.ne_rk_acc_i_a br_table_acc_i_a i32.store8_acc_i_c "
        "i32.sub_acc_i_b_previous_a br_if_i32.ne_acc_i_b_previous_a"
    ),
    "i32.load8_u_ak": (
        "const32 i32.add_rk i32.load8_u_ak i32.add_acc_i_b i32.sub_acc_i_b i32.xor_acc_i_a i32.eq_acc_i_a "
        "i32.shl_add_acc_i_b br_if_i32.ne_rk_acc_i_a br_table_acc_i_a i32.load_shl_acc_i_b i32.store8_acc_i_c "
        "i32.add_acc_i_b_previous_a i32.sub_acc_i_b_previous_a i32.shl_add_acc_i_b_previous_a"
    ),
    "i32.load8_u_ab": (
        "i32.xor_rk i32.load8_u_ab i32.add_acc_i_b i32.sub_acc_i_b i32.eq_acc_i_b i32.ne_acc_i_b br_if_acc_i_a "
        "br_if_i32.ne_acc_i_b i32.store8_acc_i_c i32.sub_acc_i_b_previous_a br_if_i32.ne_acc_i_b_previous_a "
        "i32.store8_acc_i_c_previous_a"
    ),
    "i32.load16_s": "i32.load16_s i32.add_rk_acc_i_a i32.sub_acc_i_b i32.sub_acc_i_b_previous_a",
    "i32.load16_s_ak": "i32.mul_acc_i_a loop_br_if_i32.gt_s_rk_acc_i_a",
    "i32.load16_u": "i32.add_rk_acc_i_a i32.and_rk_acc_i_a br_if_i32.eq_rk_acc_i_a br_if_i32.ne_rk_acc_i_a",
    "i32.load16_u_ak": "i32.add_rk i32.shl_rk_acc_i_a",
    "f32.load": (
        "i32.add_rk f32.load f32.load_ab f32.add_acc_f_b f32.sub_acc_f_a f32.store_acc_f_c f32.add_acc_f_b_previous_a"
    ),
    "f32.load_ak": "f32.load_ak f32.store f32.mul_acc_f_b f32.store_acc_i_a f32.mul_acc_f_b_previous_a",
    "f32.load_ab": "f32.load_ak",
    "f64.load": (
        "i32.add i32.add_rk f64.mul i32.load f64.load f64.load_ak f64.load_ab f64.add_acc_d_b f64.mul_acc_d_b "
        "f64.lt_acc_d_a f64.add_acc_d_b_previous_a f64.mul_acc_d_b_previous_a"
    ),
    "f64.load_k": "f64.add_acc_d_b f64.mul_rk_acc_d_a f64.add_acc_d_b_previous_a",
    "f64.load_ak": "i32.load_ak f64.load_ab f64.sub_acc_d_a f64.mul_acc_d_b",
    "f64.load_ab": "f64.mul_acc_d_b f64.mul_acc_d_b_previous_a",
    "f64.load_shl": "i32.load_shl f64.mul_acc_d_b f64.abs_acc_d_a",
    "i32.store": (
        "move const32 i32.add i32.add_rk i32.mul_rk i32.rotl_rk i64.add f32.ge_rk i32.shl_add br loop_br br_if "
        "br_unless br_if_i32.ge_u loop_add_br_if_i32.ne loop_add_br_if_i32.ne_rk loop_add_br_if_i32.lt_u i32.load "
        "i32.load_k i32.load_ak i64.load i32.load8_u i32.store i32.store_v i32.store_ak i32.store_ab i64.store "
        "i64.store_v return return_slot"
    ),
    "i32.store_v": "move i32.add_rk i32.load i32.store i32.store_v i64.store_v",
    "i32.store_k": "i32.add i32.div_s_rk i32.load_k i32.store_k return_slot",
    "i32.store_ak": "br_if i32.store_ak",
    "i32.store_ab": "i32.or_rk",
    "i64.store": "move i32.add_rk i32.load i64.load i64.store",
    "i64.store_v": "i32.add_rk loop_add_br_if_i32.ne i32.load i32.store i32.store_v i64.store_v",
    "i64.store_k": "i32.add_rk",
    "i64.store_k_v": "i64.store_k_v",
    "f32.store": "i32.add i32.add_rk i32.and_rk i32.shr_u_rk f32.add_rk f32.sub_kr f32.mul f32.max_rk",
    "f32.store_ak": "f32.store_ak",
    "f64.store": "move i32.add i32.add_rk f64.mul f64.load",
    "f64.store_k": "f64.mul_rk f64.load_k",
    "f64.store_shl": "loop_br_if_i32.ne",
    "i32.store8": (
        "i32.add i32.add_rk i32.lt_u_rk i32.extend8_s loop_br_if_i32.gt_u loop_add_br_if_i32.ne "
        "loop_add_br_if_i32.lt_u i32.load"
    ),
    "i32.store8_v": "i32.add i32.add_rk",
    "i32.store8_ab": "i32.add_rk",
    "i32.store16": "i32.add_rk i32.mul f32.mul",
    "i32.store16_ak": "i32.store16_ak",
    "memory.fill": "return_slot",
    "memory.copy": "i32.sub",
    "global.get": "move i32.load i32.add_rk_acc_i_a i32.sub_rk_acc_i_a i32.load_acc_i_a",
    "global.set": "i32.add_rk i32.shr_u_rk br_if i32.load i32.load_k i32.load8_u i32.store return return_slot",
    "v128.const": "v128.and",
    "i8x16.eq": "i16x8.extend_low_i8x16_u",
    "i32x4.add": "i32.add_rk v128.store",
    "i32x4.mul": "i32x4.add",
    "v128.and": "i32x4.add",
    "i16x8.extend_low_i8x16_u": "i32x4.extend_low_i16x8_u",
    "i32x4.extend_low_i16x8_u": "v128.const",
    "v128.load": "i32x4.mul v128.load",
    "v128.load32_zero": "i8x16.eq",
    "v128.store": "i32.add_rk",
    "move_acc_i_a": (
        "move const32 i32.add_rk f32.mul_rk loop_br_if loop_br_if_i32.gt_s i32.load i32.load8_u call "
        "loop_br_if_previous_a loop_br_if_i32.ne_rk_previous_a i32.load_previous_a i32.load8_u_previous_a"
    ),
    "select_acc_i_a": (
        "f32.ne i32.add_acc_i_b i32.sub_acc_i_b i32.shl_rk_acc_i_a i32.shr_u_rk_acc_i_a i32.store8_acc_i_c "
        "i32.store16_acc_i_c"
    ),
    "select_acc_i_b": (
        "move f32.gt_rk loop_add_br_if_i32.ne_rk i32.add_rk_acc_i_a i32.and_acc_i_b i32.gt_s_rk_acc_i_a "
        "i32.load8_u_ab_acc_i_b select_previous_a"
    ),
    "select_acc_i_c": (
        "move i32.add_rk i32.and_rk i32.lt_u_rk i32.gt_u_rk f32.abs f64.add f64.neg i32.shl_add i32.load "
        "i32.add_rk_acc_i_a i32.lt_s_acc_i_b br_unless_acc_i_a i32.store_acc_i_c i32.store_k_acc_i_c "
        "i32.store16_acc_i_c select_previous_c"
    ),
    "i32.add_acc_i_a": (
        "i32.mul_rk br i32.load i32.add_acc_i_a i32.add_rk_acc_i_a i32.lt_u_rk_acc_i_a loop_br_if_i32.le_u_acc_i_a "
        "i32.load_acc_i_a i32.load8_u_ak_acc_i_a i32.store_acc_i_c i32.store_k_acc_i_c i32.xor_rk_previous_a"
    ),
    "i32.add_acc_i_b": (
        "const32 i32.add_rk i32.mul_rk i32.and_rk i32.load i32.load_ak i32.load8_u_ak i32.add_acc_i_a i32.add_acc_i_b "
        "i32.add_rk_acc_i_a i32.sub_acc_i_b i32.mul_rk_acc_i_a i32.shr_s_rk_acc_i_a i32.lt_s_rk_acc_i_a "
        "i32.extend16_s_acc_i_a br_if_i32.ge_u_acc_i_a i32.load_acc_i_a i32.store_acc_i_c"
    ),
    "i32.add_rk_acc_i_a": (
        "move i32.add_rk i32.div_s_rk i32.load i32.load_k i32.load8_u i32.load16_s move_acc_i_a i32.and_rk_acc_i_a "
        "i32.shr_s_rk_acc_i_a i32.shr_u_rk_acc_i_a i32.lt_s_acc_i_a br_if_i32.lt_u_rk_acc_i_a "
        "br_if_i32.gt_u_rk_acc_i_a br_table_acc_i_a i32.load_acc_i_a i32.load_shl_acc_i_b i32.store_acc_i_c "
        "i32.load_previous_a f64.load_previous_a"
    ),
    "i32.sub_acc_i_a": "br_unless",
    "i32.sub_acc_i_b": (
        "loop_add_br_if_i32.ne_rk return i32.div_s_rk_acc_i_a i32.shr_s_rk_acc_i_a i32.shr_u_rk_acc_i_a "
        "i32.gt_u_acc_i_a i32.shl_add_acc_i_b br_if_acc_i_a br_if_i32.ge_u_acc_i_a i32.store8_acc_i_c "
        "i32.sub_previous_b"
    ),
    "i32.sub_rk_acc_i_a": "global.set_acc_i_a",
    "i32.sub_kr_acc_i_a": "i32.or_acc_i_a_previous_b",
    "i32.mul_acc_i_a": "i32.add_acc_i_b",
    "i32.mul_acc_i_b": "i32.add_acc_i_b i32.sub_acc_i_b",
    "i32.mul_rk_acc_i_a": "i32.mul_rk i32.load i32.load8_u i32.add_acc_i_a i32.add_acc_i_b br_if_i32.lt_u_acc_i_b",
    "i32.div_s_rk_acc_i_a": "i32.load",
    "i32.rem_u_acc_i_b": "i32.load_shl_acc_i_b",
    "i32.and_acc_i_a": "i32.xor_acc_i_a i64.load_shl_acc_i_b",
    "i32.and_acc_i_b": (
        "i32.load_k i32.add_acc_i_b i32.or_acc_i_a i32.xor_acc_i_a i32.xor_acc_i_b br_if_acc_i_a br_unless_acc_i_a "
        "i64.load_shl_acc_i_b"
    ),
    "i32.and_rk_acc_i_a": (
        "i32.lt_u_rk i32.add_acc_i_b i32.add_rk_acc_i_a i32.sub_acc_i_b i32.or_acc_i_b i32.shl_rk_acc_i_a "
        "i32.shr_u_acc_i_b i32.shr_u_rk_acc_i_a i32.lt_u_rk_acc_i_a f32.convert_i32_u_acc_i_a br_if_acc_i_a "
        "br_unless_acc_i_a br_if_i32.ne_rk_acc_i_a i32.load_acc_i_a i32.load8_u_acc_i_a"
    ),
    "i32.or_acc_i_a": "i32.and_rk_acc_i_a i32.xor_rk_acc_i_a i32.or_previous_a br_unless_previous_a",
    "i32.or_acc_i_b": "i32.store_acc_i_c",
    "i32.or_rk_acc_i_a": "loop_br_if_i32.lt_s_acc_i_a i32.store_acc_i_c",
    "i32.xor_acc_i_a": (
        "i32.shr_u_rk f32.sub_kr f32.gt_rk i32.and_acc_i_a i32.and_rk_acc_i_a i32.xor_acc_i_a i32.shl_rk_acc_i_a "
        "i32.shr_u_rk_acc_i_a i32.store_acc_i_c"
    ),
    "i32.xor_acc_i_b": (
        "i32.add_rk i32.and_rk i32.shl_rk i32.shr_u_rk i32.rotl_rk f32.add_rk f32.lt_rk i32.load_ak move_acc_i_a "
        "i32.add_acc_i_b i32.and_rk_acc_i_a i32.xor_acc_i_b i32.store_acc_i_c"
    ),
    "i32.xor_rk_acc_i_a": "i32.and_acc_i_b",
    "i32.shl_rk_acc_i_a": (
        "i32.or i32.load i32.add_rk_acc_i_a i32.and_rk_acc_i_a i32.or_acc_i_b br_if_i32.ne_rk_acc_i_a "
        "br_if_i32.gt_u_acc_i_b i32.load_acc_i_a i32.load_ab_acc_i_b i32.load16_s_ak_acc_i_a "
        "i32.xor_acc_i_a_previous_b"
    ),
    "i32.shr_s_rk_acc_i_a": "i32.rem_u_acc_i_b i32.shl_rk_acc_i_a i32.store_acc_i_c",
    "i32.shr_u_acc_i_a": "i32.and_rk_acc_i_a",
    "i32.shr_u_acc_i_b": "i32.load i32.and_rk_acc_i_a",
    "i32.shr_u_rk_acc_i_a": (
        "call i32.add_acc_i_a i32.and_rk_acc_i_a i32.shr_u_acc_i_b i32.store16_acc_i_c i32.xor_acc_i_a_previous_b"
    ),
    "i32.rotl_rk_acc_i_a": "i32.rotl_rk_previous_a",
    "i32.eq_acc_i_a": "i32.add_acc_i_b",
    "i32.eq_rk_acc_i_a": "select_acc_i_c",
    "i32.ne_acc_i_b": "i32.add_acc_i_b",
    "i32.ne_rk_acc_i_a": "br_unless_previous_a",
    "i32.lt_s_acc_i_a": "select_acc_i_c_previous_a",
    "i32.lt_s_acc_i_b": "i32.and_rk_acc_i_a select_acc_i_c_previous_b",
    "i32.lt_s_rk_acc_i_a": "const32",
    "i32.lt_u_acc_i_a": "const32",
    "i32.lt_u_rk_acc_i_a": "const32 select_acc_i_c",
    "i32.gt_s_acc_i_b": "select_acc_i_c select_acc_i_c_previous_b",
    "i32.gt_s_rk_acc_i_a": "const32",
    "i32.gt_u_acc_i_a": "const32",
    "i32.gt_u_acc_i_b": "select_acc_i_c",
    "i32.extend8_s_acc_i_a": "i32.add_acc_i_b",
    "i32.extend16_s_acc_i_a": "i32.lt_s_acc_i_b",
    "i64.add_acc_i_b": "br i64.rem_u_acc_i_a",
    "i64.add_rk_acc_i_a": "i32.add_rk i64.store_k_acc_i_c",
    "i64.mul_acc_i_a": "i64.rem_u_acc_i_a i64.shr_u_rk_acc_i_a",
    "i64.mul_acc_i_b": "i64.shr_u_rk_acc_i_a",
    "i64.rem_u_acc_i_a": "i64.shr_u_rk i64.add_acc_i_b i64.shl_rk_acc_i_a",
    "i64.rem_u_acc_i_b": "move_previous_a",
    "i64.and_rk_acc_i_a": "i64.mul_acc_i_a",
    "i64.xor_acc_i_a": "i64.shl_rk_acc_i_a i64.shr_u_rk_acc_i_a",
    "i64.shl_rk_acc_i_a": "i64.rem_u_acc_i_a i64.xor_acc_i_a_previous_b",
    "i64.shl_kr_acc_i_a": "i32.wrap_i64_acc_i_a",
    "i64.shr_u_rk_acc_i_a": "i32.wrap_i64_acc_i_a i64.xor_acc_i_a_previous_b",
    "f32.add_acc_f_a": "f32.add_rk_acc_f_a f32.max_rk_acc_f_a",
    "f32.add_acc_f_b": "f32.store_acc_f_c",
    "f32.add_rk_acc_f_a": "move f32.sub_acc_f_a f32.ge_rk_acc_f_a",
    "f32.sub_acc_f_a": "f32.add_acc_f_a f32.store_acc_i_a",
    "f32.mul_rk_acc_f_a": "f32.add_rk_acc_f_a f32.store_acc_i_a f32.store_acc_f_c",
    "f32.min_rk_acc_f_a": "f32.mul_rk_acc_f_a",
    "f32.max_rk_acc_f_a": "f32.min_rk_acc_f_a",
    "f32.lt_rk_acc_f_a": "f32.ge_rk_acc_f_a br_unless_acc_i_a",
    "f32.gt_acc_f_a": "select_acc_i_c",
    "f32.ge_rk_acc_f_a": "f32.lt_rk_acc_f_a i32.and_acc_i_b_previous_a",
    "f32.convert_i32_u_acc_i_a": "f32.mul_rk_acc_f_a",
    "i32.trunc_f32_u_acc_f_a": "br",
    "f64.add_acc_d_a": "i32.add f64.mul f64.add_acc_d_b",
    "f64.add_acc_d_b": (
        "i32.add i32.add_rk f64.sub f64.add_acc_d_b f64.le_rk_acc_d_a f64.store_acc_i_a f64.store_acc_d_c "
        "f64.store_k_acc_d_c"
    ),
    "f64.add_rk_acc_d_a": "f64.mul_acc_d_b",
    "f64.sub_acc_d_a": "f64.mul_acc_d_a",
    "f64.sub_acc_d_b": "f64.mul_acc_d_b",
    "f64.mul_acc_d_a": "f64.load f64.load_acc_i_a",
    "f64.mul_acc_d_b": "f64.load f64.load_ak f64.add_acc_d_a f64.add_acc_d_b f64.add_rk_acc_d_a",
    "f64.mul_rk_acc_d_a": "f64.load_k",
    "f64.abs_acc_d_a": "f64.lt_rk_acc_d_a",
    "f64.lt_rk_acc_d_a": "br_unless_acc_i_a",
    "f64.le_rk_acc_d_a": "i32.or_acc_i_a br_unless_acc_i_a",
    "i32.wrap_i64_acc_i_a": "i32.wrap_i64 i32.sub_acc_i_b i32.and_acc_i_b i32.shl_add_acc_i_b br_if_i32.ne_rk_acc_i_a",
    "i32.shl_add_acc_i_a": "i32.shl_rk i32.load_acc_i_a",
    "i32.shl_add_acc_i_b": (
        "i32.mul_rk i32.load8_u_ak move_acc_i_a i32.add_rk_acc_i_a i32.load_acc_i_a i32.load_ak_acc_i_a "
        "i32.store_acc_i_c"
    ),
    "br_if_acc_i_a": "move const32 i32.add_rk br_if i32.load",
    "br_unless_acc_i_a": (
        "move const32 i32.add_rk i32.and_rk i32.shl_rk i32.trunc_f32_s f64.mul i32.trunc_f64_s loop_br i32.load "
        "i32.load_k i32.load8_u i32.trunc_f32_u_acc_f_a i32.load_acc_i_a"
    ),
    "br_if_i32.eq_acc_i_b": "const32 i32.load",
    "br_if_i32.eq_rk_acc_i_a": "move i32.and_rk br_if_i32.ne_acc_i_a",
    "br_if_i32.ne_acc_i_b": "i32.add_rk loop_add_br_if_i32.ne",
    "br_if_i32.ne_rk_acc_i_a": "i32.wrap_i64 i32.load",
    "br_if_i32.lt_u_rk_acc_i_a": "i32.load br_if_i32.eq_rk_acc_i_a",
    "br_if_i32.gt_s_acc_i_b": "i32.store",
    "loop_br_if_i32.gt_s_rk_acc_i_a": "br_if_i32.eq",
    "br_if_i32.gt_u_rk_acc_i_a": "i32.add_rk",
    "br_if_i32.ge_s_acc_i_b": "i32.store_acc_i_c",
    "br_if_i32.ge_u_acc_i_a": "i32.add f64.load i32.sub_acc_i_a",
    "i32.load_acc_i_a": (
        "move const32 i32.add_rk i32.and_rk i32.shr_u_rk i32.shl_add i32.load i32.load_ak select_acc_i_b "
        "i32.add_rk_acc_i_a i32.mul_rk_acc_i_a i32.and_rk_acc_i_a i32.xor_acc_i_b br_if_acc_i_a loop_br_if_acc_i_a "
        "br_unless_acc_i_a br_if_i32.ne_acc_i_a br_if_i32.ne_acc_i_b br_if_i32.gt_s_acc_i_b br_if_i32.ge_s_acc_i_b "
        "br_table_acc_i_a i32.load_acc_i_a f64.load_shl_acc_i_b i32.store_acc_i_c i32.load_previous_a"
    ),
    "i32.load_ak_acc_i_a": "move i32.and_rk_acc_i_a br_table_acc_i_a",
    "i32.load_shl_acc_i_b": "i32.load i32.add_acc_i_a",
    "i64.load_shl_acc_i_b": "br_unless_acc_i_a i64.store_acc_i_c",
    "i32.load8_u_acc_i_a": "i32.load8_u_ab i32.shl_rk_acc_i_a br_if_acc_i_a",
    "i32.load8_u_ak_acc_i_a": "i32.load_shl_acc_i_b",
    "i32.load8_u_ab_acc_i_b": "i32.xor_rk i32.add_acc_i_b",
    "i32.load16_s_ak_acc_i_a": "loop_br_if_i32.gt_s_rk_acc_i_a",
    "i32.load16_u_ak_acc_i_a": "i32.add_rk",
    "f32.load_acc_i_a": "i32.add_rk f32.store_acc_f_c",
    "f64.load_acc_i_a": "f64.mul_previous_b f64.add_acc_d_b_previous_a",
    "f64.load_shl_acc_i_b": "f64.abs_acc_d_a f64.mul_acc_d_b_previous_a",
    "i32.store_acc_i_a": "move i32.add_rk i32.store_acc_i_a",
    "i32.store_acc_i_c": (
        "move i32.add i32.add_rk i32.mul_rk i64.add i32.shl_add br loop_br br_if_i32.ge_u loop_add_br_if_i32.ne "
        "loop_add_br_if_i32.ne_rk i32.load i32.load8_u i32.store i32.store_ab i64.store return return_slot "
        "i32.load_acc_i_a"
    ),
    "i32.store_v_acc_i_a": "i32.add_rk",
    "i32.store_k_acc_i_c": "i32.load_k return_slot i32.store_k_acc_i_c",
    "i32.store_ak_acc_i_a": "br_if",
    "i64.store_acc_i_c": "move i32.add_rk i32.load i64.load",
    "i64.store_v_acc_i_a": "i32.add_rk",
    "i64.store_k_acc_i_c": "i32.add_rk",
    "f32.store_acc_i_a": "i32.add i32.add_rk",
    "f32.store_acc_f_c": "i32.add i32.add_rk i32.shr_u_rk f32.mul f32.max_rk",
    "f64.store_acc_i_a": "i32.add i32.add_rk f64.mul",
    "f64.store_acc_d_c": "i32.add_rk",
    "f64.store_k_acc_d_c": "f64.mul_rk f64.load_k",
    "i32.store8_acc_i_c": "i32.add_rk i32.lt_u_rk i32.extend8_s loop_br_if_i32.gt_u loop_add_br_if_i32.ne",
    "i32.store16_acc_i_c": "i32.add_rk i32.mul f32.mul",
    "global.set_acc_i_a": "i32.load i32.load_k return return_slot i32.store_acc_i_a",
    "move move": (
        "move const32 i32.add_rk br loop_br_if loop_add_br_if_i32.ne_rk i32.load call call_indirect i32.load_acc_i_a"
    ),
    "move const32": "move call",
    "move i32.add_rk": "i32.and_rk loop_br_if_acc_i_a",
    "move i32.shl_rk": "i32.or_rk_acc_i_a",
    "move f64.mul": "f64.mul",
    "move i32.load": "i32.load i32.mul_rk_acc_i_a",
    "move move_acc_i_a": "move const32 i32.add_rk loop_br_if",
    "move i32.xor_acc_i_b": "f32.lt_rk",
    "move i64.rem_u_acc_i_b": "move_previous_a",
    "move i32.load_acc_i_a": "move br_if_i32.gt_s_acc_i_b",
    "move i32.store_acc_i_c": "i32.mul_rk loop_add_br_if_i32.ne",
    "move i32.and_rk_previous_a": "i32.lt_u_rk_acc_i_a",
    "move i64.mul_acc_i_b_previous_a": "i64.shr_u_rk_acc_i_a",
    "const32 move": "move",
    "const32 const32": "const32 call select_acc_i_b_previous_a",
    "const32 i32.add_rk": "i32.load8_u",
    "const32 i32.sub_kr": "i32.and_acc_i_b",
    "const32 i32.mul_rk": "i32.and_rk",
    "const32 i32.or": "i32.or_acc_i_a",
    "const32 i32.load_k": "br_if_i32.eq_acc_i_b",
    "const32 i32.load8_u_ak": "br_table_acc_i_a",
    "const32 memory.fill": "return_slot",
    "const32 select_acc_i_b": "f32.gt_rk",
    "const32 select_acc_i_a_previous_c": "f32.ne i32.sub_acc_i_b i32.shl_rk_acc_i_a i32.shr_u_rk_acc_i_a",
    "const32 select_acc_i_b_previous_a": "i32.and_acc_i_b",
    "const32 select_acc_i_b_previous_c": "f32.gt_rk",
    "i32.add i32.add": "br_unless loop_br_if_i32.le_u_acc_i_a f32.load_acc_i_a",
    "i32.add i32.add_rk": "i32.add_rk loop_add_br_if_i32.ne move_acc_i_a",
    "i32.add i32.ne": "i32.xor",
    "i32.add br_unless": "i32.add_rk",
    "i32.add i32.load8_u_ab": "i32.store8_acc_i_c_previous_a",
    "i32.add f32.load": "f32.sub_acc_f_a",
    "i32.add f32.load_ak": "f32.store_acc_i_a",
    "i32.add i32.lt_u_acc_i_a": "const32",
    "i32.add br_if_i32.ge_u_acc_i_a": "i32.add",
    "i32.add f32.load_acc_i_a": "f32.store_acc_f_c",
    "i32.add_rk move": "move i32.add_rk call",
    "i32.add_rk const32": "i32.add_rk i32.mul_rk",
    "i32.add_rk i32.add_rk": (
        "move i32.add_rk loop_add_br_if_i32.ne move_acc_i_a i32.shl_add_acc_i_a loop_br_if_acc_i_a i32.load_acc_i_a"
    ),
    "i32.add_rk i32.mul_rk": "i32.add_acc_i_b",
    "i32.add_rk i32.and_rk": "br_if_i32.lt_u_rk_acc_i_a i32.shl_add_acc_i_b_previous_a",
    "i32.add_rk i32.xor": "i32.mul_rk_acc_i_a",
    "i32.add_rk i32.shl_rk": "i32.shr_s_rk_acc_i_a",
    "i32.add_rk f32.convert_i32_u": "f32.mul_rk_acc_f_a",
    "i32.add_rk f64.mul": "f64.mul_acc_d_a",
    "i32.add_rk i32.load8_u": "br_table_acc_i_a",
    "i32.add_rk move_acc_i_a": "move i32.load8_u loop_br_if_previous_a loop_br_if_i32.ne_rk_previous_a",
    "i32.add_rk i32.shl_add_acc_i_a": "i32.shl_rk",
    "i32.add_rk br_unless_acc_i_a": "loop_br",
    "i32.add_rk i32.load_acc_i_a": "i32.load_ak",
    "i32.add_rk f32.load_acc_i_a": "i32.add_rk",
    "i32.add_rk i32.store_acc_i_a": "i32.add_rk",
    "i32.add_rk i32.store_acc_i_c": "i32.add_rk br_if_i32.ge_u",
    "i32.add_rk global.set_acc_i_a": "return return_slot",
    "i32.add_rk loop_br_if_previous_a": "return_slot",
    "i32.add_rk i32.xor_acc_i_b_previous_a": "i32.store_acc_i_c",
    "i32.sub i32.shr_s_rk_acc_i_a": "i32.rem_u_acc_i_b",
    "i32.sub_kr i32.and_acc_i_b": "i32.or_acc_i_a",
    "i32.mul_rk i32.and_rk": "i32.add_acc_i_b_previous_a",
    "i32.mul_rk i32.add_acc_i_b": "i32.load_acc_i_a",
    "i32.mul_rk i32.add_rk_acc_i_a": "i32.shr_u_rk_acc_i_a",
    "i32.mul_rk i32.add_acc_i_b_previous_a": "i32.mul_rk i32.add_acc_i_b",
    "i32.and_rk i32.sub_acc_i_b": "return",
    "i32.and_rk i32.shl_rk_acc_i_a": "i32.load_acc_i_a",
    "i32.and_rk i32.eq_rk_acc_i_a": "select_acc_i_c",
    "i32.and_rk i32.lt_u_rk_acc_i_a": "select_acc_i_c",
    "i32.and_rk br_if_i32.lt_u_rk_acc_i_a": "br_if_i32.eq_rk_acc_i_a",
    "i32.and_rk select_acc_i_c_previous_b": "i32.and_rk f64.add",
    "i32.and_rk i32.add_acc_i_b_previous_a": "i32.add_rk_acc_i_a",
    "i32.and_rk i32.shl_add_acc_i_b_previous_a": "i32.mul_rk",
    "i32.or i32.or_acc_i_a": "i32.xor_rk_acc_i_a",
    "i32.or i32.shl_rk_acc_i_a": "i32.or",
    "i32.or i32.shr_u_rk_acc_i_a": "call",
    "i32.xor i32.shr_s_rk": "i32.and_acc_i_b_previous_a",
    "i32.xor i32.mul_rk_acc_i_a": "i32.load8_u",
    "i32.xor loop_br_if_previous_a": "return_slot",
    "i32.xor_rk i32.and_rk_acc_i_a": "i32.shr_u_acc_i_b",
    "i32.shl_rk i32.or_rk_acc_i_a": "loop_br_if_i32.lt_s_acc_i_a",
    "i32.shl_rk i32.shr_s_rk_acc_i_a": "i32.shl_rk_acc_i_a",
    "i32.shl_rk i32.load_acc_i_a": "i32.xor_acc_i_b",
    "i32.shl_rk i32.load_ak_acc_i_a": "move br_table_acc_i_a",
    "i32.shr_s_rk i32.load8_u_ab_acc_i_b": "i32.xor_rk",
    "i32.shr_s_rk i32.and_acc_i_b_previous_a": "i32.xor_acc_i_b",
    "i32.shr_u_rk move": "i32.and_rk_previous_a",
    "i32.shr_u_rk i32.and_rk_acc_i_a": "f32.convert_i32_u_acc_i_a i32.load_acc_i_a",
    "i32.shr_u_rk i32.xor_acc_i_b_previous_a": "i32.add_rk i32.xor_acc_i_b",
    "i32.rotl_rk i32.rotl_rk": "i32.xor_acc_i_b_previous_a",
    "i32.rotl_rk i32.xor_acc_i_b_previous_a": "i32.rotl_rk i32.add_acc_i_b",
    "i32.ne i32.xor": "loop_br_if_previous_a",
    "i32.lt_u_rk const32": "select_acc_i_b_previous_c",
    "i32.lt_u_rk select_acc_i_c_previous_b": "f64.neg",
    "i32.gt_u_rk const32": "select_acc_i_b_previous_c",
    "i32.gt_u_rk select_acc_i_c_previous_b": "i32.store_acc_i_c",
    "i32.extend16_s i32.add_rk_acc_i_a": "i32.load16_s",
    "i64.add i64.add_rk_acc_i_a": "i32.add_rk",
    "i64.add_rk move": "move_acc_i_a",
    "i64.rem_u i64.and_rk": "br_unless_acc_i_a",
    "i64.and_rk i64.mul_acc_i_a": "i64.rem_u_acc_i_a",
    "i64.shl_rk i64.xor_acc_i_a": "i64.shr_u_rk_acc_i_a",
    "i64.shr_u_rk i64.mul_acc_i_a": "i64.rem_u_acc_i_a",
    "i64.shr_u_rk i64.and_rk_acc_i_a": "i64.mul_acc_i_a",
    "f32.add_rk f32.add_rk_acc_f_a": "f32.sub_acc_f_a",
    "f32.sub_kr i32.xor": "i32.shr_s_rk",
    "f32.sub_kr i32.xor_acc_i_a": "i32.and_acc_i_a",
    "f32.mul f32.add_acc_f_b": "f32.store_acc_f_c",
    "f32.mul_rk f32.sub_kr": "i32.xor",
    "f32.max_rk f32.min_rk_acc_f_a": "f32.mul_rk_acc_f_a",
    "f32.max_rk f32.gt_acc_f_a": "select_acc_i_c",
    "f32.abs f32.lt_rk_acc_f_a": "br_unless_acc_i_a",
    "f32.ne const32": "select_acc_i_a_previous_c",
    "f32.lt_rk const32": "const32",
    "f32.gt_rk const32": "const32 select_acc_i_a_previous_c",
    "f32.ge_rk const32": "select_acc_i_b_previous_c",
    "f32.ge_rk f32.abs": "f32.lt_rk_acc_f_a",
    "f32.convert_i32_u f32.mul_rk_acc_f_a": "f32.store_acc_i_a",
    "f64.sub f64.add_acc_d_a": "i32.add f64.mul",
    "f64.mul f64.mul": "f64.add_acc_d_b_previous_a",
    "f64.mul f64.add_acc_d_a": "f64.add_acc_d_b",
    "f64.mul f64.mul_acc_d_a": "f64.load_acc_i_a",
    "f64.mul f64.add_acc_d_b_previous_a": "f64.le_rk_acc_d_a f64.store_acc_i_a",
    "f64.neg i32.and_rk": "select_acc_i_c_previous_b",
    "i32.shl_add i32.load_acc_i_a": "i32.shl_add br_if_i32.ge_s_acc_i_b",
    "br_unless const32": "memory.fill",
    "br_unless i32.add_rk": "loop_br_if",
    "br_unless f64.mul": "f64.add_acc_d_a",
    "i32.load move": "move",
    "i32.load i32.load": (
        "i32.load call i32.mul_acc_i_a i32.shl_rk_acc_i_a i32.sub_acc_i_b_previous_a br_if_i32.eq_acc_i_b_previous_a "
        "br_if_i32.ne_acc_i_b_previous_a"
    ),
    "i32.load move_acc_i_a": "f32.mul_rk",
    "i32.load i32.add_acc_i_a": "i32.store_acc_i_c",
    "i32.load i32.add_rk_acc_i_a": "i32.store_acc_i_c",
    "i32.load i32.mul_acc_i_a": "i32.add_acc_i_b",
    "i32.load i32.mul_rk_acc_i_a": "i32.mul_rk",
    "i32.load i32.and_rk_acc_i_a": "br_unless_acc_i_a",
    "i32.load i32.shl_rk_acc_i_a": "i32.add_rk_acc_i_a i32.load_acc_i_a",
    "i32.load br_unless_acc_i_a": "i32.load i32.load_acc_i_a",
    "i32.load br_if_i32.lt_u_rk_acc_i_a": "i32.load",
    "i32.load i32.load_acc_i_a": "i32.add_rk",
    "i32.load i32.store_acc_i_c": "i32.load",
    "i32.load move_previous_a": "call_indirect",
    "i32.load i32.sub_acc_i_b_previous_a": "i32.div_s_rk_acc_i_a i32.shr_s_rk_acc_i_a",
    "i32.load i32.mul_acc_i_b_previous_a": "i32.sub_acc_i_b",
    "i32.load i32.shr_u_acc_i_b_previous_a": "i32.load",
    "i32.load_k i32.load": "i32.load_shl_acc_i_b_previous_a",
    "i32.load_k br_if_i32.eq_acc_i_b": "const32",
    "i32.load_k i32.lt_s_acc_i_b_previous_a": "i32.and_rk_acc_i_a",
    "i32.load_ak i32.mul_acc_i_a": "i32.add_acc_i_b",
    "i32.load_ak i32.xor_acc_i_b_previous_a": "move_acc_i_a",
    "i32.load_shl i32.load_shl": "i32.gt_s_acc_i_b_previous_a",
    "i32.load_shl i32.gt_s_acc_i_b_previous_a": "select_acc_i_c",
    "i64.load i64.store_acc_i_c": "i32.add_rk i64.load",
    "i64.load_k i64.add_rk_acc_i_a": "i64.store_k_acc_i_c",
    "i32.load8_u i32.add_rk": "loop_br_if_previous_a",
    "i32.load8_u i32.load8_u": "br_unless_acc_i_a i32.sub_acc_i_b_previous_a br_if_i32.ne_acc_i_b_previous_a",
    "i32.load8_u i32.load8_u_ak": "i32.load8_u_ak",
    "i32.load8_u i32.and_rk_acc_i_a": "br_if_acc_i_a",
    "i32.load8_u i32.eq_acc_i_a": "i32.add_acc_i_b",
    "i32.load8_u i32.ne_acc_i_b": "i32.add_acc_i_b",
    "i32.load8_u br_unless_acc_i_a": "i32.add_rk i32.and_rk",
    "i32.load8_u br_if_i32.eq_acc_i_b": "i32.load",
    "i32.load8_u i32.sub_acc_i_b_previous_a": "br_if_acc_i_a",
    "i32.load8_u br_if_i32.ne_acc_i_b_previous_a": "i32.add_rk",
    "i32.load8_u_ak i32.load8_u_ak": "i32.load8_u_ak i32.xor_acc_i_a",
    "i32.load8_u_ak i32.xor_acc_i_a": "i32.and_rk_acc_i_a",
    "i32.load8_u_ak i32.eq_acc_i_a": "i32.add_acc_i_b",
    "i32.load8_u_ab i32.load8_u_ab": "br_if_i32.ne_acc_i_b_previous_a",
    "i32.load8_u_ab br_if_i32.ne_acc_i_b_previous_a": "loop_add_br_if_i32.ne",
    "i32.load16_s i32.add_rk_acc_i_a": "i32.load8_u",
    "f32.load f32.load": "f32.load",
    "f32.load f32.sub_acc_f_a": "f32.store_acc_i_a",
    "f32.load_ab f32.load_ak": "f32.mul_acc_f_b_previous_a",
    "f64.load f64.load": "f64.mul_acc_d_b_previous_a",
    "f64.load f64.mul_acc_d_b": "f64.load",
    "f64.load f64.add_acc_d_b_previous_a": "f64.store_acc_d_c",
    "f64.load f64.mul_acc_d_b_previous_a": "f64.add_acc_d_a",
    "f64.load_k f64.add_acc_d_b_previous_a": "f64.store_k_acc_d_c",
    "f64.load_ak f64.load_ab": "f64.mul_acc_d_b_previous_a",
    "f64.load_ab f64.mul_acc_d_b_previous_a": "f64.load",
    "i32.store move": "i32.shl_rk",
    "i32.store i32.add_rk": "i32.add_rk i32.store_acc_i_c",
    "i32.store i32.store": "i32.add_rk i32.store",
    "i32.store8_v i32.add": "i32.add",
    "global.get i32.load": "i32.load",
    "global.get i32.sub_rk_acc_i_a": "global.set_acc_i_a",
    "v128.const v128.and": "i32x4.add",
    "i8x16.eq i16x8.extend_low_i8x16_u": "i32x4.extend_low_i16x8_u",
    "i32x4.add i32.add_rk": "i32.add_rk",
    "i32x4.add v128.store": "i32.add_rk",
    "i32x4.mul i32x4.add": "v128.store",
    "v128.and i32x4.add": "i32.add_rk",
    "i16x8.extend_low_i8x16_u i32x4.extend_low_i16x8_u": "v128.const",
    "i32x4.extend_low_i16x8_u v128.const": "v128.and",
    "v128.load i32x4.mul": "i32x4.add",
    "v128.load v128.load": "i32x4.mul",
    "v128.load32_zero i8x16.eq": "i16x8.extend_low_i8x16_u",
    "v128.store i32.add_rk": "i32.add_rk",
    "move_acc_i_a move": "move_acc_i_a",
    "move_acc_i_a const32": "i32.load8_u_ak",
    "move_acc_i_a i32.add_rk": "move_acc_i_a",
    "move_acc_i_a f32.mul_rk": "f32.sub_kr",
    "move_acc_i_a i32.load8_u": "loop_br_if_acc_i_a",
    "select_acc_i_a f32.ne": "const32",
    "select_acc_i_a i32.sub_acc_i_b": "i32.shl_add_acc_i_b",
    "select_acc_i_a i32.shl_rk_acc_i_a": "i32.and_rk_acc_i_a",
    "select_acc_i_b f32.gt_rk": "const32",
    "select_acc_i_b i32.and_acc_i_b": "i32.xor_acc_i_a",
    "select_acc_i_c i32.and_rk": "i32.eq_rk_acc_i_a",
    "select_acc_i_c i32.lt_u_rk": "select_acc_i_c_previous_b",
    "select_acc_i_c i32.gt_u_rk": "select_acc_i_c_previous_b",
    "select_acc_i_c f32.abs": "f32.lt_rk_acc_f_a",
    "select_acc_i_c f64.neg": "i32.and_rk",
    "select_acc_i_c i32.shl_add": "i32.load_acc_i_a",
    "select_acc_i_c i32.lt_s_acc_i_b": "select_acc_i_c_previous_b",
    "select_acc_i_c i32.store_acc_i_c": "i32.load",
    "select_acc_i_c i32.store16_acc_i_c": "i32.add_rk",
    "i32.add_acc_i_a i32.mul_rk": "i32.add_acc_i_b_previous_a",
    "i32.add_acc_i_a i32.load": "i32.shr_u_acc_i_b_previous_a",
    "i32.add_acc_i_a i32.xor_rk_previous_a": "i32.and_acc_i_b_previous_a",
    "i32.add_acc_i_b i32.add_rk": "i32.add_rk",
    "i32.add_acc_i_b i32.mul_rk": "i32.add_acc_i_b_previous_a",
    "i32.add_acc_i_b i32.load_ak": "i32.add_acc_i_b_previous_a",
    "i32.add_acc_i_b i32.load8_u_ak": "i32.eq_acc_i_a",
    "i32.add_acc_i_b i32.add_acc_i_a": "i32.mul_rk",
    "i32.add_acc_i_b i32.add_acc_i_b": "i32.store_acc_i_c",
    "i32.add_acc_i_b i32.add_rk_acc_i_a": "i32.load8_u",
    "i32.add_acc_i_b i32.mul_rk_acc_i_a": "i32.add_acc_i_b",
    "i32.add_acc_i_b i32.extend16_s_acc_i_a": "i32.lt_s_acc_i_b",
    "i32.add_acc_i_b i32.store_acc_i_c": "i32.add_rk i64.add loop_add_br_if_i32.ne_rk",
    "i32.add_rk_acc_i_a i32.load_k": "i32.lt_s_acc_i_b_previous_a",
    "i32.add_rk_acc_i_a i32.load8_u": "i32.add_rk i32.ne_acc_i_b",
    "i32.add_rk_acc_i_a i32.load16_s": "i32.add_rk_acc_i_a",
    "i32.add_rk_acc_i_a i32.shr_u_rk_acc_i_a": "i32.and_rk_acc_i_a",
    "i32.add_rk_acc_i_a i32.lt_s_acc_i_a": "select_acc_i_c_previous_a",
    "i32.add_rk_acc_i_a i32.store_acc_i_c": "i32.shl_add i32.load",
    "i32.sub_acc_i_b i32.shr_u_rk_acc_i_a": "i32.add_acc_i_a",
    "i32.sub_acc_i_b i32.shl_add_acc_i_b": "i32.load_acc_i_a",
    "i32.sub_acc_i_b br_if_acc_i_a": "i32.add_rk",
    "i32.sub_rk_acc_i_a global.set_acc_i_a": "i32.load i32.load_k",
    "i32.mul_acc_i_a i32.add_acc_i_b": "i32.store_acc_i_c",
    "i32.mul_acc_i_b i32.sub_acc_i_b": "i32.shl_add_acc_i_b",
    "i32.mul_rk_acc_i_a i32.mul_rk": "i32.add_acc_i_b_previous_a",
    "i32.mul_rk_acc_i_a i32.load8_u": "loop_br_if_i32.ne_rk_acc_i_a",
    "i32.mul_rk_acc_i_a i32.add_acc_i_b": "i32.load i32.mul_rk_acc_i_a",
    "i32.and_acc_i_a i32.xor_acc_i_a": "i32.shr_u_rk",
    "i32.and_acc_i_b i32.or_acc_i_a": "i32.or_previous_a",
    "i32.and_acc_i_b i32.xor_acc_i_a": "f32.sub_kr i32.xor_acc_i_a",
    "i32.and_acc_i_b i32.xor_acc_i_b": "f32.add_rk",
    "i32.and_acc_i_b br_unless_acc_i_a": "const32",
    "i32.and_acc_i_b i64.load_shl_acc_i_b": "br_unless_acc_i_a",
    "i32.and_rk_acc_i_a i32.or_acc_i_b": "i32.store_acc_i_c",
    "i32.and_rk_acc_i_a i32.shl_rk_acc_i_a": "i32.load_acc_i_a",
    "i32.and_rk_acc_i_a i32.shr_u_acc_i_b": "i32.and_rk_acc_i_a",
    "i32.and_rk_acc_i_a i32.lt_u_rk_acc_i_a": "select_acc_i_c",
    "i32.and_rk_acc_i_a f32.convert_i32_u_acc_i_a": "f32.mul_rk_acc_f_a",
    "i32.and_rk_acc_i_a br_unless_acc_i_a": "i32.and_rk i32.load",
    "i32.and_rk_acc_i_a i32.load_acc_i_a": "move i32.shr_u_rk i32.xor_acc_i_b",
    "i32.or_acc_i_a i32.xor_rk_acc_i_a": "i32.and_acc_i_b",
    "i32.or_acc_i_a i32.or_previous_a": "i32.shl_rk_acc_i_a",
    "i32.or_acc_i_a br_unless_previous_a": "f64.mul",
    "i32.xor_acc_i_a i32.shr_u_rk": "move",
    "i32.xor_acc_i_a f32.sub_kr": "i32.xor_acc_i_a",
    "i32.xor_acc_i_a f32.gt_rk": "const32",
    "i32.xor_acc_i_a i32.and_acc_i_a": "i32.xor_acc_i_a",
    "i32.xor_acc_i_a i32.and_rk_acc_i_a": "i32.shl_rk_acc_i_a",
    "i32.xor_acc_i_a i32.xor_acc_i_a": "f32.gt_rk",
    "i32.xor_acc_i_b i32.add_rk": "loop_br_if_acc_i_a",
    "i32.xor_acc_i_b i32.shl_rk": "i32.load_acc_i_a",
    "i32.xor_acc_i_b i32.shr_u_rk": "i32.and_rk_acc_i_a",
    "i32.xor_acc_i_b i32.rotl_rk": "i32.xor_acc_i_b_previous_a",
    "i32.xor_acc_i_b f32.add_rk": "f32.add_rk_acc_f_a",
    "i32.xor_acc_i_b f32.lt_rk": "const32",
    "i32.xor_acc_i_b i32.load_ak": "i32.xor_acc_i_b_previous_a",
    "i32.xor_acc_i_b i32.add_acc_i_b": "i32.store_acc_i_c",
    "i32.xor_acc_i_b i32.and_rk_acc_i_a": "i32.shl_rk_acc_i_a",
    "i32.xor_acc_i_b i32.xor_acc_i_b": "i32.and_rk_acc_i_a",
    "i32.xor_acc_i_b i32.store_acc_i_c": "i32.load",
    "i32.xor_rk_acc_i_a i32.and_acc_i_b": "br_unless_acc_i_a",
    "i32.shl_rk_acc_i_a i32.or": "i32.shr_u_rk_acc_i_a",
    "i32.shl_rk_acc_i_a i32.load_acc_i_a": "move i32.shr_u_rk i32.xor_acc_i_b",
    "i32.shl_rk_acc_i_a i32.load16_s_ak_acc_i_a": "loop_br_if_i32.gt_s_rk_acc_i_a",
    "i32.shr_s_rk_acc_i_a i32.shl_rk_acc_i_a": "i32.load16_s_ak_acc_i_a",
    "i32.shr_s_rk_acc_i_a i32.store_acc_i_c": "i32.add_rk",
    "i32.shr_u_acc_i_b i32.load": "i32.mul_acc_i_b_previous_a",
    "i32.shr_u_acc_i_b i32.and_rk_acc_i_a": "br_unless_acc_i_a",
    "i32.shr_u_rk_acc_i_a i32.add_acc_i_a": "i32.load",
    "i32.shr_u_rk_acc_i_a i32.and_rk_acc_i_a": "i32.load_acc_i_a",
    "i32.eq_acc_i_a i32.add_acc_i_b": "i32.add_rk i32.load8_u_ak",
    "i32.eq_rk_acc_i_a select_acc_i_c": "i32.lt_u_rk",
    "i32.ne_acc_i_b i32.add_acc_i_b": "i32.extend16_s_acc_i_a",
    "i32.lt_s_acc_i_a select_acc_i_c_previous_a": "i32.lt_s_acc_i_b",
    "i32.lt_s_acc_i_b i32.and_rk_acc_i_a": "br_unless_acc_i_a",
    "i32.lt_s_acc_i_b select_acc_i_c_previous_b": "i32.lt_s_acc_i_b i32.store16_acc_i_c",
    "i32.lt_s_rk_acc_i_a const32": "select_acc_i_b_previous_c",
    "i32.lt_u_acc_i_a const32": "select_acc_i_a_previous_c",
    "i32.lt_u_rk_acc_i_a select_acc_i_c": "i32.gt_u_rk f64.neg",
    "i32.gt_s_acc_i_b select_acc_i_c": "i32.shl_add",
    "i32.gt_s_rk_acc_i_a const32": "select_acc_i_b_previous_c",
    "i32.gt_u_acc_i_a const32": "select_acc_i_a_previous_c",
    "i32.extend16_s_acc_i_a i32.lt_s_acc_i_b": "select_acc_i_c_previous_b",
    "i64.add_acc_i_b i64.rem_u_acc_i_a": "i64.shl_rk_acc_i_a",
    "i64.add_rk_acc_i_a i32.add_rk": "move",
    "i64.add_rk_acc_i_a i64.store_k_acc_i_c": "i32.add_rk",
    "i64.mul_acc_i_a i64.rem_u_acc_i_a": "i64.shr_u_rk i64.shl_rk_acc_i_a",
    "i64.mul_acc_i_a i64.shr_u_rk_acc_i_a": "i32.wrap_i64_acc_i_a",
    "i64.mul_acc_i_b i64.shr_u_rk_acc_i_a": "i32.wrap_i64_acc_i_a",
    "i64.rem_u_acc_i_a i64.shr_u_rk": "i64.mul_acc_i_a i64.and_rk_acc_i_a",
    "i64.rem_u_acc_i_a i64.add_acc_i_b": "br i64.rem_u_acc_i_a",
    "i64.rem_u_acc_i_a i64.shl_rk_acc_i_a": "i64.rem_u_acc_i_a",
    "i64.rem_u_acc_i_b move_previous_a": "loop_br_if_i64.ne_rk_previous_a",
    "i64.and_rk_acc_i_a i64.mul_acc_i_a": "i64.rem_u_acc_i_a",
    "i64.xor_acc_i_a i64.shr_u_rk_acc_i_a": "i64.xor_acc_i_a_previous_b",
    "i64.shl_rk_acc_i_a i64.rem_u_acc_i_a": "i64.add_acc_i_b",
    "i64.shr_u_rk_acc_i_a i32.wrap_i64_acc_i_a": "i32.sub_acc_i_b i32.and_acc_i_b",
    "f32.add_acc_f_a f32.add_rk_acc_f_a": "move",
    "f32.add_acc_f_b f32.store_acc_f_c": "f32.mul",
    "f32.add_rk_acc_f_a move": "i32.xor_acc_i_b",
    "f32.add_rk_acc_f_a f32.sub_acc_f_a": "f32.add_acc_f_a",
    "f32.sub_acc_f_a f32.add_acc_f_a": "f32.add_rk_acc_f_a",
    "f32.sub_acc_f_a f32.store_acc_i_a": "i32.add",
    "f32.mul_rk_acc_f_a f32.store_acc_i_a": "i32.add_rk",
    "f32.mul_rk_acc_f_a f32.store_acc_f_c": "i32.add_rk f32.max_rk",
    "f32.min_rk_acc_f_a f32.mul_rk_acc_f_a": "f32.store_acc_f_c",
    "f32.max_rk_acc_f_a f32.min_rk_acc_f_a": "f32.mul_rk_acc_f_a",
    "f32.lt_rk_acc_f_a br_unless_acc_i_a": "i32.trunc_f32_s",
    "f32.gt_acc_f_a select_acc_i_c": "f32.abs",
    "f32.convert_i32_u_acc_i_a f32.mul_rk_acc_f_a": "f32.store_acc_f_c",
    "f64.add_acc_d_a i32.add": "i32.add",
    "f64.add_acc_d_a f64.mul": "f64.mul",
    "f64.add_acc_d_a f64.add_acc_d_b": "i32.add f64.sub",
    "f64.add_acc_d_b i32.add": "i32.add_rk",
    "f64.add_acc_d_b f64.sub": "f64.add_acc_d_a",
    "f64.add_acc_d_b f64.le_rk_acc_d_a": "i32.or_acc_i_a br_unless_acc_i_a",
    "f64.add_acc_d_b f64.store_acc_i_a": "i32.add",
    "f64.add_acc_d_b f64.store_acc_d_c": "i32.add_rk",
    "f64.sub_acc_d_b f64.mul_acc_d_b": "f64.add_acc_d_a",
    "f64.mul_acc_d_a f64.load_acc_i_a": "f64.add_acc_d_b_previous_a",
    "f64.mul_acc_d_b f64.load": "f64.load f64.add_acc_d_b_previous_a",
    "f64.mul_acc_d_b f64.add_acc_d_a": "f64.add_acc_d_b",
    "f64.abs_acc_d_a f64.lt_rk_acc_d_a": "br_unless_acc_i_a",
    "f64.lt_rk_acc_d_a br_unless_acc_i_a": "i32.trunc_f64_s",
    "f64.le_rk_acc_d_a i32.or_acc_i_a": "br_unless_previous_a",
    "f64.le_rk_acc_d_a br_unless_acc_i_a": "f64.mul",
    "i32.wrap_i64_acc_i_a i32.sub_acc_i_b": "i32.shr_u_rk_acc_i_a",
    "i32.wrap_i64_acc_i_a i32.and_acc_i_b": "i64.load_shl_acc_i_b",
    "i32.shl_add_acc_i_a i32.shl_rk": "i32.load_ak_acc_i_a",
    "i32.shl_add_acc_i_b i32.mul_rk": "i32.add_rk_acc_i_a",
    "i32.shl_add_acc_i_b i32.load_acc_i_a": "br_table_acc_i_a i32.store_acc_i_c",
    "br_if_acc_i_a const32": "br",
    "br_if_acc_i_a i32.add_rk": "i32.add_rk",
    "br_unless_acc_i_a move": "move",
    "br_unless_acc_i_a const32": "i32.sub_kr",
    "br_unless_acc_i_a i32.add_rk": "const32",
    "br_unless_acc_i_a i32.and_rk": "br_if_i32.ne_acc_i_b_previous_a",
    "br_unless_acc_i_a i32.trunc_f32_s": "br",
    "br_unless_acc_i_a f64.mul": "f64.add_acc_d_a",
    "br_unless_acc_i_a i32.trunc_f64_s": "br",
    "br_unless_acc_i_a i32.load": "i32.load_previous_a",
    "br_if_i32.eq_acc_i_b const32": "i32.or",
    "br_if_i32.eq_acc_i_b i32.load": "loop_br_if_acc_i_a",
    "br_if_i32.eq_rk_acc_i_a move": "br",
    "br_if_i32.ne_acc_i_b i32.add_rk": "i32.add_rk",
    "br_if_i32.lt_u_rk_acc_i_a i32.load": "move_previous_a",
    "br_if_i32.lt_u_rk_acc_i_a br_if_i32.eq_rk_acc_i_a": "move",
    "br_if_i32.ge_s_acc_i_b i32.store_acc_i_c": "i32.store",
    "br_if_i32.ge_u_acc_i_a i32.add": "br_if_i32.ge_u_acc_i_a",
    "i32.load_acc_i_a move": "move i32.load_acc_i_a i64.mul_acc_i_b_previous_a",
    "i32.load_acc_i_a i32.add_rk": "i32.xor_acc_i_b_previous_a",
    "i32.load_acc_i_a i32.shr_u_rk": "i32.and_rk_acc_i_a i32.xor_acc_i_b_previous_a",
    "i32.load_acc_i_a i32.shl_add": "i32.load_acc_i_a",
    "i32.load_acc_i_a i32.load_ak": "i32.mul_acc_i_a",
    "i32.load_acc_i_a i32.add_rk_acc_i_a": "i32.store_acc_i_c",
    "i32.load_acc_i_a i32.xor_acc_i_b": "i32.and_rk i32.shl_rk i32.shr_u_rk i32.load_ak",
    "i32.load_acc_i_a br_if_i32.ge_s_acc_i_b": "i32.store_acc_i_c",
    "i32.load_acc_i_a i32.store_acc_i_c": "i32.store",
    "i32.load_ak_acc_i_a move": "move_acc_i_a",
    "i32.load8_u_ab_acc_i_b i32.xor_rk": "i32.and_rk_acc_i_a",
    "f32.load_acc_i_a i32.add_rk": "f32.load_acc_i_a",
    "f32.load_acc_i_a f32.store_acc_f_c": "i32.add",
    "f64.load_acc_i_a f64.mul_previous_b": "f64.add_acc_d_b_previous_a",
    "f64.load_acc_i_a f64.add_acc_d_b_previous_a": "f64.store_acc_i_a",
    "f64.load_shl_acc_i_b f64.abs_acc_d_a": "f64.lt_rk_acc_d_a",
    "i32.store_acc_i_a i32.add_rk": "i32.add_rk",
    "i32.store_acc_i_c i32.add_rk": "i32.add_rk loop_add_br_if_i32.ne i32.load_acc_i_a i32.store_acc_i_c",
    "i32.store_acc_i_c i32.mul_rk": "i32.add_rk_acc_i_a",
    "i32.store_acc_i_c i64.add": "i64.add_rk_acc_i_a",
    "i32.store_acc_i_c i32.load": "i32.load move_acc_i_a i32.load_acc_i_a",
    "i32.store_acc_i_c i32.store": "move i32.add_rk",
    "i64.store_acc_i_c move": "move",
    "i64.store_acc_i_c i32.add_rk": "i32.add_rk",
    "i64.store_acc_i_c i64.load": "i64.store_acc_i_c",
    "i64.store_k_acc_i_c i32.add_rk": "i32.add_rk",
    "f32.store_acc_i_a i32.add_rk": "f32.convert_i32_u",
    "f32.store_acc_f_c i32.add_rk": "i32.shr_u_rk",
    "f32.store_acc_f_c f32.mul": "f32.mul f32.add_acc_f_b",
    "f32.store_acc_f_c f32.max_rk": "f32.min_rk_acc_f_a",
    "f64.store_acc_d_c i32.add_rk": "f64.mul",
    "i32.store16_acc_i_c i32.add_rk": "i32.add_rk",
}
