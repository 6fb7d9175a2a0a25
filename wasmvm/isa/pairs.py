"""Pairs of instructions that the threaded back end runs as one, by their first.

Chosen by counting what runs, not by hand: `python tools/count_pairs.py` says how, docs/rationale.md why.
"""

PAIRS: dict[str, str] = {
    "move": (
        "move const32 const64 i32.add i32.add_rk i32.and_rk i32.xor i32.shl_rk f32.mul_rk f64.mul "
        "i32.wrap_i64 br loop_br br_if loop_br_if br_unless br_if_i32.eq loop_br_if_i32.ne "
        "loop_br_if_i32.ne_rk loop_br_if_i32.gt_s loop_br_if_i32.le_s loop_br_if_i32.le_u_rk "
        "br_if_i32.ge_u br_if_i64.lt_u_rk loop_add_br_if_i32.ne_rk i32.load i32.load_k i64.load "
        "i32.load8_u i32.load8_u_ab i32.load16_u i32.store i32.store_v global.set call call_import "
        "call_indirect return_slot move_acc_a i32.add_rk_acc_a i32.xor_acc_b i32.shl_rk_acc_a "
        "i64.mul_acc_b i64.and_rk_acc_a br_if_acc_a br_unless_acc_a br_if_i32.lt_s_rk_acc_a "
        "br_if_i32.ge_u_acc_a i32.load_acc_a i32.load8_u_acc_a i32.store_acc_a i32.store_acc_c"
    ),
    "const32": (
        "move const32 i32.add i32.add_rk i32.and_rk br br_if br_unless br_if_i32.eq br_if_i32.eq_rk "
        "br_if_i32.lt_u_rk br_if_i32.gt_u_rk br_if_i32.ge_u br_table i32.load i32.load_k i32.load_ak "
        "i32.load8_u i32.load8_u_ab i32.store_v memory.fill call call_indirect return_slot select_acc_a "
        "select_acc_b i32.add_rk_acc_a i32.rotl_acc_a"
    ),
    "const64": "move const32 const64 i32.load8_u select_acc_b",
    "select": (
        "move const32 select i32.add_rk i32.and_rk i32.gt_u_rk f32.ne f32.gt_rk i32.shl_add br i32.load "
        "return select_acc_a i32.add_acc_b i32.add_rk_acc_a i32.mul_acc_a i32.and_acc_b i32.and_rk_acc_a "
        "i32.shl_rk_acc_a i32.ne_rk_acc_a i32.lt_s_acc_b f32.abs_acc_a br_unless_acc_a i32.load_acc_a "
        "i32.store_acc_c i32.store_k_acc_c i32.store8_acc_c i32.store16_acc_c"
    ),
    "i32.add": (
        "move const32 i32.add i32.add_rk i32.sub i32.and i32.and_rk i32.xor i32.xor_rk loop_br br_unless "
        "loop_add_br_if_i32.ne loop_add_br_if_i32.gt_u_rk i32.load i32.load_ak i32.load8_u i32.load8_u_ak "
        "i32.load8_u_ab i32.load16_s_ak return i32.add_acc_a i32.add_acc_b i32.add_rk_acc_a i32.sub_acc_b "
        "i32.mul_rk_acc_a i32.shl_rk_acc_a f32.convert_i32_s_acc_a br_if_i32.ne_acc_a "
        "br_if_i32.lt_u_acc_a loop_br_if_i32.le_u_acc_a br_if_i32.ge_u_acc_a i32.load_acc_a "
        "i32.load_ak_acc_a i32.load8_s_acc_a i32.load8_u_acc_a i32.load8_u_ak_acc_a i32.store_acc_c "
        "i32.store_v_acc_a i32.store_k_acc_c i32.store8_v_acc_a i32.store16_acc_c"
    ),
    "i32.add_rk": (
        "move const32 i32.add i32.add_rk i32.mul_rk i32.and i32.and_rk i32.xor i32.shl_rk i32.shr_u_rk "
        "i64.mul_rk i64.and_rk i64.shl_rk f32.convert_i32_u f64.mul i32.wrap_i64 i32.shl_add br loop_br "
        "loop_br_if br_unless loop_br_if_i32.lt_s loop_br_if_i32.lt_u loop_add_br_if_i32.ne "
        "loop_add_br_if_i32.ne_rk loop_add_br_if_i32.le_u i32.load i32.load_k i32.load_ak i32.load_ab "
        "i64.load i64.load_ak i32.load8_u i32.load8_u_ak i32.load16_u call return move_acc_a "
        "i32.add_acc_a i32.add_rk_acc_a i32.and_acc_a i32.and_rk_acc_a i32.or_rk_acc_a i32.xor_acc_b "
        "i32.shr_u_rk_acc_a i32.lt_s_acc_a i32.lt_u_rk_acc_a i64.mul_acc_a i64.mul_acc_b "
        "i32.shl_add_acc_a i32.shl_add_acc_b loop_br_if_acc_a br_unless_acc_a br_if_i32.eq_acc_a "
        "br_if_i32.eq_acc_b br_if_i32.ne_acc_b br_if_i32.lt_s_acc_a br_if_i32.lt_u_rk_acc_a "
        "br_if_i32.gt_s_acc_a br_if_i32.gt_s_acc_b br_if_i32.gt_u_acc_b br_if_i32.gt_u_rk_acc_a "
        "br_if_i32.ge_u_acc_a br_table_acc_a i32.load_acc_a i32.load_ak_acc_a i32.load_ab_acc_a "
        "i64.load_acc_a i64.load_ak_acc_a i32.load8_u_acc_a i32.load16_u_acc_a f64.load_acc_a "
        "i32.store_acc_c i32.store_v_acc_a i32.store_k_acc_c i64.store_v_acc_a i32.store16_acc_c "
        "global.set_acc_a"
    ),
    "i32.sub": (
        "move i32.shl_rk i32.shr_u_rk br_unless i32.load i32.load_ak return i32.add_acc_a "
        "i32.add_rk_acc_a i32.shr_u_rk_acc_a br_if_acc_a br_if_i32.gt_s_rk_acc_a br_if_i32.gt_u_rk_acc_a "
        "br_if_i32.ge_u_acc_a i32.store_acc_c i32.store8_acc_c"
    ),
    "i32.sub_rk": "move move_acc_a global.set_acc_a",
    "i32.sub_kr": "i32.and_rk_acc_a",
    "i32.mul": "f32.ge_rk return i32.add_acc_b i32.add_rk_acc_a i32.sub_acc_b",
    "i32.mul_rk": (
        "i32.mul_rk i32.and_rk i32.load8_u i32.add_acc_a i32.add_acc_b i32.add_rk_acc_a "
        "i32.shr_u_rk_acc_a br_if_i32.lt_u_acc_b i32.load_ab_acc_b"
    ),
    "i32.div_u_rk": "i32.mul_rk_acc_a",
    "i32.rem_s_rk": "i32.shl_rk_acc_a",
    "i32.rem_u_rk": "i32.add_rk_acc_a",
    "i32.and": (
        "i32.and i32.load8_u i32.add_acc_b i32.xor_acc_a i32.xor_acc_b i32.xor_rk_acc_a br_if_acc_a "
        "br_unless_acc_a i64.load_shl_acc_b i32.store_k_acc_c"
    ),
    "i32.and_rk": (
        "move const32 i32.and_rk i32.shl_rk f32.ge_rk br br_unless i32.load i32.load8_u i32.load8_u_ab "
        "i32.load16_u return i32.add_acc_b i32.add_rk_acc_a i32.sub_acc_b i32.sub_kr_acc_a i32.or_acc_b "
        "i32.or_rk_acc_a i32.shl_rk_acc_a i32.shr_u_rk_acc_a i32.eq_rk_acc_a i32.lt_u_rk_acc_a "
        "i64.eqz_acc_a f32.convert_i32_u_acc_a i32.shl_add_acc_b br_if_acc_a loop_br_if_acc_a "
        "br_unless_acc_a loop_br_if_i32.eq_acc_b br_if_i32.eq_rk_acc_a br_if_i32.ne_acc_b "
        "br_if_i32.ne_rk_acc_a br_if_i32.lt_u_rk_acc_a br_if_i32.gt_u_rk_acc_a br_table_acc_a "
        "i32.load_acc_a i32.load8_u_acc_a i32.store_acc_c i32.store8_acc_c i32.store16_acc_c"
    ),
    "i32.or": "f32.ge_rk br br_unless i32.and_rk_acc_a br_if_acc_a br_unless_acc_a i32.store_acc_c",
    "i32.or_rk": "i32.add_rk i32.mul_acc_a loop_br_if_i32.lt_s_acc_a i32.store_acc_c i32.store16_acc_c",
    "i32.xor": (
        "i32.shr_s_rk i32.shr_u_rk i32.rotl_rk f32.add_rk f32.sub_kr f32.lt_rk f32.gt_rk i32.load return "
        "i32.add_acc_b i32.mul_rk_acc_a i32.and_acc_a i32.and_rk_acc_a i32.xor_acc_a i32.store_acc_c"
    ),
    "i32.xor_rk": "i32.and_acc_b i32.load_shl_acc_b",
    "i32.shl_rk": (
        "move const32 i32.add_rk i32.shl_rk br_unless i32.load i32.add_acc_b i32.add_rk_acc_a "
        "i32.sub_acc_b i32.and_rk_acc_a i32.or_acc_a i32.or_acc_b i32.or_rk_acc_a i32.xor_acc_b "
        "i32.shr_s_rk_acc_a br_if_i32.eq_rk_acc_a br_if_i32.ne_rk_acc_a i32.load_acc_a i32.load_ak_acc_a "
        "i64.load_ak_acc_a i32.load16_u_acc_a i32.load16_u_ak_acc_a"
    ),
    "i32.shl_kr": "i32.and_acc_b i32.and_rk_acc_a",
    "i32.shr_s_rk": "i32.and_acc_b",
    "i32.shr_u": "i32.load i32.and_rk_acc_a",
    "i32.shr_u_rk": (
        "move i32.add_acc_a i32.add_acc_b i32.add_rk_acc_a i32.and_rk_acc_a i32.xor_acc_b "
        "f32.convert_i32_u_acc_a i32.store16_acc_c"
    ),
    "i32.rotl": "return i32.and_acc_b",
    "i32.rotl_rk": "i32.rotl_rk i32.add_acc_a i32.xor_acc_b",
    "i32.eq": "i32.add_acc_b i32.or_acc_b",
    "i32.eq_rk": "const32 select_acc_c i32.add_acc_b i32.and_acc_a i32.and_acc_b",
    "i32.ne": "i32.add_acc_b",
    "i32.ne_rk": "br_unless",
    "i32.lt_s": "i32.load8_u select_acc_c",
    "i32.lt_s_rk": "select_acc_c",
    "i32.lt_u": "select_acc_c",
    "i32.lt_u_rk": "const32 select_acc_c i32.shl_rk_acc_a",
    "i32.gt_s": "select_acc_c",
    "i32.gt_u": "select_acc_c",
    "i32.gt_u_rk": "const32 select_acc_c",
    "i64.add": "i64.rotl_rk i32.load8_s i64.add_acc_b i64.add_rk_acc_a i64.xor_acc_b",
    "i64.add_rk": "i32.add_rk br_if_i64.lt_u_rk_acc_a i64.store_k_acc_c",
    "i64.sub": "i64.add_rk_acc_a",
    "i64.mul": "i64.shr_u_rk_acc_a",
    "i64.mul_rk": "i64.add_acc_a i64.shr_u_rk_acc_a",
    "i64.and_rk": "i64.and_rk f64.lt_rk br br_if_i64.eq_rk_acc_a br_if_i64.ne_rk_acc_a",
    "i64.or_rk": "move i64.mul_rk_acc_a",
    "i64.xor": "i64.rotl_rk i64.or_rk_acc_a i64.shl_rk_acc_a i64.shr_u_rk_acc_a i64.rotl_rk_acc_a",
    "i64.shl_rk": "i64.xor_acc_a",
    "i64.shr_u_rk": "i64.xor_acc_a i32.wrap_i64_acc_a",
    "i64.rotl_rk": "i64.rotl_rk i64.add_acc_b i64.xor_acc_a i64.xor_acc_b",
    "i64.extend32_s": "i64.extend32_s",
    "i64.eqz": "i32.add_acc_b",
    "f32.add": "f32.add f32.add_rk f32.max_rk i32.store",
    "f32.add_rk": "move f32.add_rk f32.sub f32.ge_rk i32.store",
    "f32.sub": "f32.add",
    "f32.sub_kr": "i32.xor i32.xor_acc_a",
    "f32.mul": "f32.add f32.add_rk f32.mul i32.store",
    "f32.mul_rk": "f32.add_rk f32.sub_kr i32.store i32.store_acc_a",
    "f32.min_rk": "f32.mul_rk",
    "f32.max_rk": "f32.min_rk f32.gt",
    "f32.abs": "f32.lt_rk",
    "f32.ne": "const32",
    "f32.lt_rk": "const32 f32.ge_rk br_unless_acc_a",
    "f32.gt": "select_acc_c",
    "f32.gt_rk": "const32",
    "f32.ge": "i32.add_acc_b",
    "f32.ge_rk": "const32 f32.abs f32.lt_rk i32.and_acc_b",
    "f32.convert_i32_s": "f32.mul",
    "f32.convert_i32_u": "f32.mul_rk",
    "i32.trunc_f32_s": "br",
    "i32.trunc_f32_u": "br",
    "f64.add": (
        "i32.add f64.sub f64.mul f64.store f64.add_facc_b f64.sqrt_facc_a f64.le_rk_facc_a "
        "f64.store_facc_c f64.store_k_facc_c"
    ),
    "f64.add_rk": "f64.add_facc_b f64.mul_facc_b",
    "f64.sub": "i32.add_rk f64.add_facc_a f64.mul_facc_a",
    "f64.mul": (
        "f64.mul f64.load f64.load_ak f64.add_facc_a f64.add_facc_b f64.add_rk_facc_a f64.mul_facc_a f64.div_kr_facc_a"
    ),
    "f64.mul_rk": "f64.load_k f64.add_facc_a f64.add_facc_b",
    "f64.div_kr": "f64.mul_facc_b",
    "f64.sqrt": "f64.mul_facc_b",
    "f64.lt_rk": "br_unless_acc_a",
    "f64.gt_rk": "const32",
    "f64.le_rk": "i32.or_acc_a br_unless_acc_a",
    "i32.wrap_i64": (
        "i32.add_rk i32.add_rk_acc_a i32.sub_acc_b i32.and_acc_b i32.and_rk_acc_a i32.or_acc_b "
        "i32.shl_add_acc_b i32.load_acc_a i32.load16_u_acc_a"
    ),
    "i32.shl_add": (
        "move i32.mul_rk i32.shl_rk i32.add_rk_acc_a i32.load_acc_a i64.load_acc_a i32.store_acc_a i32.store_acc_c"
    ),
    "br_if": (
        "move const32 i32.add_rk i32.and_rk i64.extend32_s br loop_br br_if br_unless br_if_i32.ne_rk "
        "i32.load i32.load_k i32.load_ak i32.load8_u i32.store i32.store_v return32"
    ),
    "loop_br_if": "move const32 i32.add_rk br br_unless i32.load return_slot",
    "br_unless": (
        "move const32 i32.add i32.add_rk i32.and_rk i32.shl_rk i32.trunc_f32_s i32.trunc_f32_u f64.mul "
        "i32.shl_add br loop_br br_if br_unless br_if_i32.eq_rk br_if_i32.ne_rk br_if_i32.lt_u "
        "br_if_i64.eq loop_br_if_i64.ne i32.load i32.load_k i32.load_ak i64.load i32.load8_u i32.load16_u "
        "i32.store i32.store_v i32.store8_ab memory.copy"
    ),
    "br_if_i32.eq": "move i32.add i32.add_rk loop_br loop_add_br_if_i32.ne i32.load i32.load8_u i32.load8_u_ak",
    "br_if_i32.eq_rk": (
        "move const32 i32.add_rk i32.and_rk i32.eq br br_if_i32.eq_rk br_if_i32.ne br_if_i32.ne_rk "
        "br_if_i32.lt_s_rk i32.load i32.load8_u"
    ),
    "br_if_i32.ne": "move const32 i32.add_rk loop_add_br_if_i32.ne i32.load",
    "br_if_i32.ne_rk": "move const32 i32.add_rk i32.load i32.load8_u",
    "loop_br_if_i32.ne_rk": "i32.add_rk",
    "loop_br_if_i32.lt_s": "i32.add_rk",
    "br_if_i32.lt_s_rk": "const32 i32.add i32.add_rk br_unless i32.load",
    "br_if_i32.lt_u": "br_unless i32.load i32.load_ak",
    "br_if_i32.lt_u_rk": "const32 i32.add_rk i32.and_rk br_if_i32.eq_rk i32.load",
    "br_if_i32.gt_s": "i32.rem_s_rk",
    "loop_br_if_i32.gt_s": "i32.add_rk",
    "br_if_i32.gt_s_rk": "move br_if_i32.eq_rk",
    "br_if_i32.gt_u": "move i32.sub",
    "br_if_i32.gt_u_rk": "const32 i32.add_rk i32.and_rk i32.shl_kr loop_add_br_if_i32.ne i32.load",
    "br_if_i32.ge_s": "i32.store",
    "br_if_i32.ge_u": "move i32.add i32.add_rk i32.sub i32.load i32.load_ak i32.load8_u",
    "br_if_i32.ge_u_rk": "i32.add_rk",
    "br_if_i64.eq": "i32.add_rk",
    "br_if_i64.eq_rk": "i64.store",
    "loop_br_if_i64.ne": "i32.shl_add",
    "br_if_i64.lt_u_rk": "i32.wrap_i64 i32.load",
    "br_if_i64.gt_u_rk": "i32.wrap_i64",
    "loop_add_br_if_i32.ne": "br_unless",
    "loop_add_br_if_i32.ne_rk": "return_slot",
    "loop_add_br_if_i32.lt_u": "br",
    "loop_add_br_if_i32.gt_u_rk": "i32.add",
    "i32.load": (
        "move const32 i32.add_rk i32.mul_rk i32.and_rk i32.shl_rk i32.rotl_rk i64.mul_rk i64.eqz "
        "f32.max_rk i32.wrap_i64 i32.shl_add br br_if br_unless br_if_i32.eq br_if_i32.gt_s_rk "
        "loop_add_br_if_i32.ne i32.load i32.load_k i32.load_ak i64.load i32.load8_u i32.load8_u_ab "
        "i32.store i32.store_v call call_indirect return move_acc_a select_acc_b select_acc_c "
        "i32.add_acc_a i32.add_acc_b i32.add_rk_acc_a i32.sub_acc_a i32.sub_acc_b i32.mul_acc_a "
        "i32.mul_acc_b i32.mul_rk_acc_a i32.and_rk_acc_a i32.or_rk_acc_a i32.xor_acc_a i32.shl_rk_acc_a "
        "i32.shr_u_acc_b i32.shr_u_rk_acc_a i32.shl_add_acc_a i32.shl_add_acc_b br_if_acc_a "
        "loop_br_if_acc_a br_unless_acc_a br_if_i32.eq_acc_a br_if_i32.eq_acc_b br_if_i32.eq_rk_acc_a "
        "br_if_i32.ne_acc_a br_if_i32.ne_acc_b br_if_i32.ne_rk_acc_a loop_br_if_i32.lt_s_acc_a "
        "br_if_i32.lt_s_rk_acc_a br_if_i32.lt_u_acc_a br_if_i32.lt_u_acc_b br_if_i32.lt_u_rk_acc_a "
        "br_if_i32.gt_s_rk_acc_a loop_br_if_i32.gt_s_rk_acc_a br_if_i32.le_s_acc_a br_if_i32.le_u_acc_b "
        "br_if_i32.ge_s_acc_b br_if_i32.ge_u_acc_b br_if_i32.ge_u_rk_acc_a br_table_acc_a i32.load_acc_a "
        "i32.load_ak_acc_a i32.load_ab_acc_a i32.load_shl_acc_a i32.load_shl_acc_b i64.load_acc_a "
        "i64.load_shl_acc_a i32.load8_u_acc_a i32.load8_u_ab_acc_a i32.load16_u_acc_a i32.store_acc_a "
        "i32.store_acc_c f64.store_shl_acc_a i32.store8_ab_acc_a"
    ),
    "i32.load_k": (
        "move const32 i32.add_rk i32.load i32.load_k call i32.add_acc_a i32.add_rk_acc_a i32.sub_acc_b "
        "br_if_acc_a br_unless_acc_a br_if_i32.eq_acc_b br_if_i32.eq_rk_acc_a br_if_i32.ne_acc_b "
        "br_if_i32.ne_rk_acc_a i32.load_acc_a i32.load8_u_acc_a i32.store_acc_c"
    ),
    "i32.load_ak": (
        "move i32.add_rk i32.mul_rk f32.mul i32.load i32.load_ak i32.add_acc_b i32.add_rk_acc_a "
        "i32.mul_acc_a i32.and_rk_acc_a i32.rotl_rk_acc_a i32.shl_add_acc_a i32.shl_add_acc_b br_if_acc_a "
        "br_unless_acc_a br_if_i32.lt_u_acc_b br_if_i32.lt_u_rk_acc_a br_if_i32.gt_u_acc_b "
        "br_if_i32.ge_u_acc_b br_table_acc_a i32.load_acc_a i32.load_ak_acc_a i64.load_shl_acc_b "
        "i32.load8_u_acc_a i32.store_acc_c"
    ),
    "i32.load_ab": "i32.add_acc_b i32.mul_rk_acc_a",
    "i32.load_shl": "i32.add_rk i32.load_shl i32.add_acc_a i32.gt_s_acc_b br_if_acc_a br_unless_acc_a i32.load_acc_a",
    "i64.load": (
        "move i32.add_rk br i32.load i64.load i64.load_ak i64.shr_u_rk_acc_a i32.wrap_i64_acc_a "
        "br_unless_acc_a br_if_i64.lt_u_rk_acc_a i64.store_acc_c"
    ),
    "i64.load_k": "i64.add_rk_acc_a",
    "i64.load_ak": "br_unless_acc_a br_if_i64.lt_u_rk_acc_a i64.store_acc_c",
    "i64.load_shl": "br_unless_acc_a br_if_i64.lt_u_rk_acc_a i64.store_acc_c",
    "i32.load8_s": "i32.and_rk_acc_a br_if_i32.le_s_rk_acc_a loop_add_br_if_i32.lt_u_rk_acc_a",
    "i32.load8_s_ab": "br_if_i32.lt_s_rk_acc_a",
    "i32.load8_u": (
        "move i32.add_rk i32.and_rk br loop_br i32.load i32.load8_u i32.load8_u_ab i32.add_acc_b "
        "i32.add_rk_acc_a i32.sub_acc_b i32.and_rk_acc_a i32.shl_rk_acc_a i32.eq_acc_a i32.eq_rk_acc_a "
        "br_if_acc_a loop_br_if_acc_a br_unless_acc_a br_if_i32.eq_acc_a br_if_i32.eq_acc_b "
        "br_if_i32.eq_rk_acc_a br_if_i32.ne_acc_b loop_br_if_i32.ne_acc_a br_if_i32.ne_rk_acc_a "
        "loop_br_if_i32.ne_rk_acc_a br_if_i32.gt_u_rk_acc_a br_table_acc_a i32.load8_u_acc_a "
        "i32.store8_acc_c"
    ),
    "i32.load8_u_k": "i32.and_rk_acc_a br_if_acc_a br_unless_acc_a",
    "i32.load8_u_ak": (
        "i32.load8_u_ak i32.add_acc_b i32.shl_rk_acc_a i32.eq_acc_a br_if_i32.eq_acc_a "
        "br_if_i32.ne_rk_acc_a i32.load_shl_acc_b i32.store8_acc_c"
    ),
    "i32.load8_u_ab": (
        "i32.load8_u_ab i32.add_rk_acc_a i32.sub_acc_b i32.eq_acc_b i32.ne_acc_b br_if_acc_a "
        "br_if_i32.eq_rk_acc_a br_if_i32.ne_acc_b i32.store8_acc_c"
    ),
    "i32.load16_s": "i32.load16_s i32.sub_acc_b",
    "i32.load16_s_ak": "i32.mul_acc_a",
    "i32.load16_u": (
        "i32.add_rk i32.load16_u i32.load16_u_ak i32.add_acc_b i32.add_rk_acc_a i32.and_rk_acc_a "
        "i32.shl_rk_acc_a br_unless_acc_a br_if_i32.eq_rk_acc_a br_if_i32.ne_acc_b br_if_i32.ne_rk_acc_a "
        "i32.store16_acc_c"
    ),
    "i32.load16_u_ak": "i32.add_rk i32.load i32.shl_rk_acc_a",
    "f64.load": "f64.load f64.add_facc_b f64.mul_facc_b f64.store_facc_c",
    "f64.load_k": "f64.mul_rk f64.add_facc_b f64.mul_rk_facc_a",
    "f64.load_ak": "f64.load_ab f64.sub_facc_a",
    "f64.load_ab": "f64.mul_facc_b",
    "i32.store": (
        "move const32 i32.add i32.add_rk i32.mul_rk i32.and_rk i32.shl_rk i32.shr_u_rk i32.rotl_rk "
        "i64.add f32.mul f32.max_rk f32.ge_rk i32.shl_add br br_if br_unless loop_br_if_i32.ne "
        "br_if_i32.gt_s_rk loop_add_br_if_i32.ne loop_add_br_if_i32.ne_rk loop_add_br_if_i32.lt_s "
        "i32.load i32.load_k i32.load_ak i64.load i32.load8_u i32.load16_u i32.store i32.store_v "
        "i32.store_ak i64.store i64.store_v i32.store8_v return return_slot i32.store_acc_c"
    ),
    "i32.store_v": "move const32 i32.add_rk br i32.load i32.store i32.store_v i64.store_v return",
    "i32.store_k": "move const32 i32.add_rk br i32.load_k i32.load8_s i32.load8_u i32.store_k",
    "i32.store_k_v": "i32.add_rk i32.load_k i32.store_k_v",
    "i32.store_ak": "move i32.add_rk br i32.store_ak",
    "i64.store": "move const32 i32.add_rk br i32.load i64.load i64.load_ak i32.store i64.store return",
    "i64.store_v": "const32 i32.add_rk loop_add_br_if_i32.ne i32.load i32.store i32.store_v i64.store_v",
    "i64.store_k": "i32.add_rk",
    "i64.store_k_v": "i64.store_k_v",
    "f64.store": "move i32.add_rk f64.mul f64.load f64.store",
    "f64.store_k": "f64.mul_rk f64.load_k",
    "f64.store_ak": "f64.store_ak",
    "f64.store_shl": "i32.load",
    "i32.store8": (
        "i32.add_rk i32.sub br_if loop_br_if_i32.gt_u loop_add_br_if_i32.lt_u i32.load i64.store i32.store8 i32.store16"
    ),
    "i32.store8_v": "i32.add i32.add_rk br i32.load",
    "i32.store8_ab": "i32.add_rk",
    "i32.store16": "i32.add_rk i32.mul i32.and_rk f32.mul i32.shl_add i32.load16_u i32.store16 return",
    "i32.store16_ak": "i32.store16_ak",
    "memory.copy": "i32.add i32.load",
    "global.get": "i32.sub_rk_acc_a",
    "global.set": (
        "move const32 i32.add_rk i64.shr_u_rk br_if i32.load i32.load_k i32.load_ak i32.load8_u "
        "i32.load16_u i32.store return return_slot"
    ),
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
    "move_acc_a": (
        "move const32 i32.add_rk f32.mul_rk loop_br br_if loop_br_if loop_br_if_i32.ne "
        "loop_br_if_i32.ne_rk loop_br_if_i32.gt_s i32.load i32.load8_u global.set call"
    ),
    "select_acc_a": (
        "const32 i32.add_rk f32.ne i32.add_acc_b i32.mul_acc_a i32.and_rk_acc_a i32.shl_rk_acc_a "
        "i32.store8_acc_c i32.store16_acc_c"
    ),
    "select_acc_b": (
        "move const32 select i32.and_rk f32.gt_rk f64.gt_rk br i32.load i32.and_acc_b i32.load_acc_a i32.store_acc_c"
    ),
    "select_acc_c": (
        "select i32.gt_u_rk i32.shl_add i32.add_rk_acc_a i32.lt_s_acc_b i32.gt_u_rk_acc_a f32.abs_acc_a "
        "br_unless_acc_a i32.store_acc_c"
    ),
    "i32.add_acc_a": (
        "move i32.load return i32.add_acc_a i32.add_rk_acc_a f32.convert_i32_s_acc_a "
        "loop_br_if_i32.le_u_acc_a i32.load8_u_ak_acc_a i32.store_acc_c i32.store8_v_acc_a"
    ),
    "i32.add_acc_b": (
        "const32 i32.add i32.add_rk i32.and i32.and_rk i32.xor i32.xor_rk f32.ge loop_add_br_if_i32.ne "
        "i32.load i32.load_ak i32.load8_u i32.load8_u_ak i32.load16_s_ak i32.add_acc_b i32.add_rk_acc_a "
        "i32.sub_acc_b i32.mul_rk_acc_a i32.shl_rk_acc_a br_if_i32.ne_acc_a br_if_i32.ge_u_acc_a "
        "i32.load_acc_a i32.load8_s_acc_a i32.store_acc_c i32.store16_acc_c"
    ),
    "i32.add_rk_acc_a": (
        "move const32 i32.add_rk i32.and i32.and_rk i64.mul_rk i32.wrap_i64 br i32.load i32.load_k "
        "i32.load_ak i32.load_ab i64.load i64.load_ak i32.load8_u call return move_acc_a i32.add_rk_acc_a "
        "i32.div_u_acc_b i32.and_rk_acc_a i32.shr_u_rk_acc_a i32.lt_s_acc_a i32.lt_u_rk_acc_a "
        "i64.mul_acc_a br_if_i32.ne_acc_b br_if_i32.lt_u_rk_acc_a br_if_i32.gt_u_acc_b "
        "br_if_i32.gt_u_rk_acc_a br_table_acc_a i32.load_acc_a i64.load_acc_a i32.store_acc_c "
        "i32.store_k_acc_c i64.store_v_acc_a i32.store16_acc_c"
    ),
    "i32.sub_acc_a": "br_unless i32.store_acc_c",
    "i32.sub_acc_b": (
        "i32.shl_rk i32.shr_u_rk i32.load_ak return i32.add_rk_acc_a i32.shr_u_rk_acc_a br_if_acc_a "
        "br_if_i32.gt_u_rk_acc_a br_if_i32.ge_u_acc_a i32.store8_acc_c global.set_acc_a"
    ),
    "i32.sub_rk_acc_a": "move move_acc_a global.set_acc_a",
    "i32.mul_acc_a": "f32.ge_rk return i32.add_acc_b",
    "i32.mul_acc_b": "i32.add_acc_b i32.sub_acc_b",
    "i32.mul_rk_acc_a": "i32.mul_rk i32.load8_u i32.add_acc_b i32.shr_u_rk_acc_a br_if_i32.lt_u_acc_b",
    "i32.div_u_acc_b": "i32.add_acc_a",
    "i32.and_acc_a": "i32.and i32.load8_u i32.xor_acc_a i64.load_shl_acc_b",
    "i32.and_acc_b": (
        "i32.add_acc_b i32.xor_acc_a i32.xor_acc_b br_if_acc_a br_unless_acc_a i64.load_shl_acc_b i32.store_k_acc_c"
    ),
    "i32.and_rk_acc_a": (
        "move const32 i32.and_rk f32.ge_rk i32.load i32.add_acc_b i32.add_rk_acc_a i32.sub_acc_b "
        "i32.or_acc_b i32.shr_u_rk_acc_a f32.convert_i32_u_acc_a br_if_acc_a loop_br_if_acc_a "
        "br_unless_acc_a br_if_i32.eq_rk_acc_a br_if_i32.ne_rk_acc_a br_if_i32.lt_u_rk_acc_a "
        "br_if_i32.gt_u_rk_acc_a br_table_acc_a i32.load_acc_a i32.load_ab_acc_b i32.store_acc_c "
        "i32.store8_acc_c i32.store16_acc_c"
    ),
    "i32.or_acc_a": "f32.ge_rk br_unless i32.and_rk_acc_a i32.store_acc_c",
    "i32.or_acc_b": "f32.ge_rk br br_if_acc_a br_unless_acc_a i32.store_acc_c",
    "i32.or_rk_acc_a": "loop_br_if_i32.lt_s_acc_a i32.store_acc_c i32.store8_acc_c",
    "i32.xor_acc_a": "i32.shr_u_rk f32.sub_kr f32.gt_rk i32.and_acc_a i32.xor_acc_a i32.store_acc_c",
    "i32.xor_acc_b": (
        "i32.shr_u_rk i32.rotl_rk f32.add_rk f32.lt_rk i32.load i32.add_acc_b i32.and_rk_acc_a i32.store_acc_c"
    ),
    "i32.xor_rk_acc_a": "i32.load_shl_acc_b",
    "i32.shl_rk_acc_a": (
        "i32.load i32.add_acc_b i32.add_rk_acc_a i32.and_rk_acc_a i32.or_acc_a i32.or_acc_b "
        "i32.shr_s_rk_acc_a i32.gt_u_acc_a br_if_i32.eq_rk_acc_a br_if_i32.ne_rk_acc_a i32.load_acc_a "
        "i32.load_ak_acc_a i32.load16_u_ak_acc_a"
    ),
    "i32.shl_kr_acc_a": "i32.and_rk_acc_a",
    "i32.shr_s_rk_acc_a": "br_if_i32.lt_s_rk_acc_a",
    "i32.shr_u_acc_a": "i32.and_rk_acc_a",
    "i32.shr_u_acc_b": "i32.load i32.and_rk_acc_a",
    "i32.shr_u_rk_acc_a": "move i32.add_acc_a i32.add_acc_b i32.and_rk_acc_a i32.store16_acc_c",
    "i32.rotl_acc_a": "i32.and_acc_b",
    "i32.rotl_rk_acc_a": "i32.rotl_rk",
    "i32.eq_acc_a": "i32.add_acc_b",
    "i32.eq_acc_b": "i32.add_acc_b i32.or_acc_b",
    "i32.eq_rk_acc_a": "const32 i32.add_acc_b i32.and_acc_a",
    "i32.ne_acc_b": "i32.add_acc_b",
    "i32.ne_rk_acc_a": "br_unless",
    "i32.lt_s_acc_a": "i32.load8_u select_acc_c",
    "i32.lt_s_acc_b": "select_acc_c",
    "i32.lt_u_acc_b": "select_acc_c",
    "i32.lt_u_rk_acc_a": "const32 select_acc_c",
    "i32.gt_s_acc_b": "select_acc_c",
    "i32.gt_u_acc_a": "select_acc_c",
    "i32.gt_u_acc_b": "select_acc_c",
    "i32.gt_u_rk_acc_a": "const32",
    "i64.add_acc_a": "i32.load8_s",
    "i64.add_acc_b": "i64.rotl_rk i64.add_acc_b i64.xor_acc_b",
    "i64.add_rk_acc_a": "i32.add_rk br_if_i64.lt_u_rk_acc_a i64.store_k_acc_c",
    "i64.sub_acc_b": "i64.add_rk_acc_a",
    "i64.mul_acc_a": "i64.shr_u_rk_acc_a",
    "i64.mul_acc_b": "i64.shr_u_rk_acc_a",
    "i64.mul_rk_acc_a": "i64.shr_u_rk_acc_a",
    "i64.and_rk_acc_a": "br_if_i64.eq_rk_acc_a br_if_i64.ne_rk_acc_a",
    "i64.or_rk_acc_a": "i64.mul_rk_acc_a",
    "i64.xor_acc_a": "i64.rotl_rk i64.or_rk_acc_a i64.shl_rk_acc_a i64.shr_u_rk_acc_a",
    "i64.xor_acc_b": "i64.rotl_rk i64.rotl_rk_acc_a",
    "i64.shl_rk_acc_a": "i64.xor_acc_a",
    "i64.shr_u_rk_acc_a": "i64.xor_acc_a i32.wrap_i64_acc_a",
    "i64.rotl_rk_acc_a": "i64.rotl_rk",
    "f32.abs_acc_a": "f32.lt_rk",
    "f32.convert_i32_s_acc_a": "f32.mul",
    "f32.convert_i32_u_acc_a": "f32.mul_rk",
    "f64.add_facc_a": "i32.add f64.mul f64.add_facc_b f64.store_k_facc_c",
    "f64.add_facc_b": (
        "i32.add f64.sub f64.add_facc_b f64.sqrt_facc_a f64.le_rk_facc_a f64.store_acc_a f64.store_facc_c "
        "f64.store_k_facc_c"
    ),
    "f64.add_rk_facc_a": "f64.add_facc_b f64.mul_facc_b",
    "f64.sub_facc_a": "i32.add_rk f64.mul_facc_a",
    "f64.mul_facc_a": "f64.mul f64.load f64.load_ak f64.load_acc_a",
    "f64.mul_facc_b": "f64.load f64.load_ak f64.add_facc_a f64.add_facc_b f64.add_rk_facc_a f64.div_kr_facc_a",
    "f64.mul_rk_facc_a": "f64.load_k",
    "f64.div_kr_facc_a": "f64.mul_facc_b",
    "f64.sqrt_facc_a": "f64.mul_facc_b",
    "f64.le_rk_facc_a": "i32.or_acc_a br_unless_acc_a",
    "i32.wrap_i64_acc_a": (
        "i32.add_rk i32.add_rk_acc_a i32.sub_acc_b i32.and_acc_b i32.and_rk_acc_a i32.or_acc_b "
        "i32.shl_add_acc_b i32.load_acc_a"
    ),
    "i32.shl_add_acc_a": "i32.shl_rk i32.store_acc_c",
    "i32.shl_add_acc_b": "i32.mul_rk i32.add_rk_acc_a i32.load_acc_a i64.load_acc_a i32.store_acc_c",
    "br_if_acc_a": (
        "move const32 i32.add_rk i32.and_rk i64.extend32_s br br_if i32.load i32.load_k i32.load_ak "
        "i32.load8_u i32.store"
    ),
    "loop_br_if_acc_a": "i32.add_rk br i32.load",
    "br_unless_acc_a": (
        "move const32 i32.add_rk i32.and_rk i32.trunc_f32_s i32.trunc_f32_u f64.mul loop_br br_unless "
        "i32.load i32.load_k i32.load_ak i64.load i32.load8_u i32.store i32.store8_ab memory.copy "
        "move_acc_a i32.add_rk_acc_a br_if_i32.ne_rk_acc_a br_if_i64.eq_acc_a loop_br_if_i64.ne_acc_a "
        "i32.load_acc_a"
    ),
    "br_if_i32.eq_acc_a": "i32.add_rk i32.load8_u_ak",
    "br_if_i32.eq_acc_b": "loop_add_br_if_i32.ne i32.load",
    "br_if_i32.eq_rk_acc_a": (
        "move const32 i32.add_rk i32.and_rk br i32.load i32.eq_acc_b br_if_i32.eq_rk_acc_a "
        "br_if_i32.ne_acc_a br_if_i32.ne_rk_acc_a"
    ),
    "br_if_i32.ne_acc_a": "move",
    "br_if_i32.ne_acc_b": "move i32.add_rk loop_add_br_if_i32.ne i32.load",
    "br_if_i32.ne_rk_acc_a": "move const32 i32.add_rk i32.load i32.load8_u",
    "loop_br_if_i32.lt_s_acc_a": "i32.add_rk",
    "br_if_i32.lt_s_rk_acc_a": "i32.load",
    "br_if_i32.lt_u_acc_b": "i32.load i32.load_ak",
    "br_if_i32.lt_u_rk_acc_a": "i32.and_rk i32.load br_if_i32.eq_rk_acc_a",
    "br_if_i32.gt_s_acc_a": "i32.rem_s_rk",
    "br_if_i32.gt_s_acc_b": "i32.store",
    "br_if_i32.gt_s_rk_acc_a": "br_if_i32.eq_rk",
    "br_if_i32.gt_u_acc_b": "move i32.sub",
    "br_if_i32.gt_u_rk_acc_a": "i32.add_rk loop_add_br_if_i32.ne i32.shl_kr_acc_a",
    "br_if_i32.ge_s_acc_b": "i32.store_acc_c",
    "br_if_i32.ge_u_acc_a": "i32.add i32.sub_acc_a",
    "br_if_i32.ge_u_acc_b": "i32.load i32.load_ak",
    "br_if_i32.ge_u_rk_acc_a": "i32.add_rk_acc_a",
    "br_if_i64.eq_acc_a": "i32.add_rk",
    "br_if_i64.eq_rk_acc_a": "i64.store",
    "loop_br_if_i64.ne_acc_a": "i32.shl_add",
    "br_if_i64.lt_u_rk_acc_a": "i32.wrap_i64_acc_a",
    "i32.load_acc_a": (
        "move const32 i32.add_rk i32.mul_rk i32.shl_add i32.load i32.load_k i32.load_ak call_indirect "
        "move_acc_a select_acc_b i32.add_rk_acc_a i32.and_rk_acc_a i32.shr_u_rk_acc_a br_if_acc_a "
        "br_unless_acc_a br_if_i32.eq_acc_b br_if_i32.ne_acc_b br_if_i32.ne_rk_acc_a "
        "loop_br_if_i32.lt_s_acc_a br_if_i32.lt_u_rk_acc_a loop_br_if_i32.gt_s_rk_acc_a "
        "br_if_i32.ge_s_acc_b i32.load_acc_a i32.load8_u_acc_a i32.store_acc_c"
    ),
    "i32.load_ak_acc_a": (
        "i32.add_rk_acc_a i32.shl_add_acc_b br_if_i32.lt_u_rk_acc_a br_if_i32.gt_u_acc_b br_table_acc_a "
        "i64.load_shl_acc_b i32.store_acc_c"
    ),
    "i32.load_ab_acc_a": "i32.add_acc_b",
    "i32.load_shl_acc_b": "i32.add_acc_a br_if_acc_a br_unless_acc_a",
    "i64.load_acc_a": "i32.add_rk i64.load_ak i64.shr_u_rk_acc_a i64.store_acc_c",
    "i64.load_ak_acc_a": "i64.store_acc_c",
    "i64.load_shl_acc_a": "br_if_i64.lt_u_rk_acc_a",
    "i64.load_shl_acc_b": "br_unless_acc_a i64.store_acc_c",
    "i32.load8_u_acc_a": (
        "loop_br i32.load8_u_ab i32.add_rk_acc_a i32.and_rk_acc_a i32.shl_rk_acc_a br_if_acc_a "
        "loop_br_if_acc_a br_unless_acc_a br_if_i32.eq_acc_b br_if_i32.eq_rk_acc_a br_if_i32.ne_rk_acc_a "
        "br_if_i32.gt_u_rk_acc_a i32.store8_acc_c"
    ),
    "i32.load8_u_ak_acc_a": "i32.load_shl_acc_b",
    "i32.load16_u_acc_a": (
        "i32.add_rk i32.load16_u i32.load16_u_ak i32.add_rk_acc_a i32.and_rk_acc_a br_if_i32.eq_rk_acc_a "
        "br_if_i32.ne_rk_acc_a i32.store16_acc_c"
    ),
    "i32.load16_u_ak_acc_a": "i32.load",
    "f64.load_acc_a": "f64.add_facc_b f64.mul_facc_b",
    "i32.store_acc_a": "i32.add_rk i32.load i32.store i32.store_acc_a i64.store_acc_a",
    "i32.store_acc_c": (
        "move const32 i32.add i32.add_rk i32.mul_rk i32.and_rk i32.rotl_rk i64.add f32.ge_rk br br_if "
        "br_unless br_if_i32.gt_s_rk loop_add_br_if_i32.ne loop_add_br_if_i32.ne_rk i32.load i32.load_k "
        "i32.load_ak i64.load i32.load8_u i32.load16_u i32.store i32.store_v i64.store i64.store_v return "
        "return_slot br_if_acc_a br_unless_acc_a i32.load_acc_a i32.store_acc_a i32.store_acc_c"
    ),
    "i32.store_v_acc_a": "i32.add_rk i32.store_v",
    "i32.store_k_acc_c": "move br i32.load_k i32.load8_u",
    "i32.store_ak_acc_c": "i32.add_rk",
    "i64.store_acc_a": "i32.load",
    "i64.store_acc_c": "const32 i32.add_rk br i32.load i64.load i64.store return",
    "i64.store_v_acc_a": "i32.add_rk i64.store_v i64.store_v_acc_a",
    "i64.store_k_acc_c": "i32.add_rk",
    "f64.store_acc_a": "move f64.mul",
    "f64.store_facc_c": "i32.add_rk f64.load",
    "f64.store_k_facc_c": "f64.mul_rk f64.load_k",
    "f64.store_shl_acc_a": "i32.load",
    "i32.store8_acc_c": (
        "i32.add_rk i32.sub loop_br_if_i32.gt_u loop_add_br_if_i32.lt_u i32.load i64.store i32.store16 br_if_acc_a"
    ),
    "i32.store8_v_acc_a": "i32.load",
    "i32.store16_acc_c": "i32.add_rk i32.mul f32.mul i32.load16_u i32.store16",
    "global.set_acc_a": (
        "move const32 i32.add_rk i64.shr_u_rk br_if br_unless i32.load i32.load_k i32.load_ak i32.load8_u "
        "i32.load16_u return return_slot i32.add_rk_acc_a i32.store_acc_a"
    ),
}
