//! What browsers demand of barriers, and that invocations without work touch nothing.

use super::{compiled, shaders};
use naga::valid::ModuleInfo;
use naga::{Block, Expression, Function, Literal, Module, Statement};
use wgpu_lrn::Kernel;
use wgpu_lrn::internals::{Memory, Power, Shader};

/// Powers are functions of a number, without barriers.
fn of_one_power() -> impl Iterator<Item = &'static Shader> {
    shaders().iter().filter(|shader| shader.power == Power::ThreeQuarters)
}

/// Browsers refuse a barrier that some invocations of a workgroup might not reach; naga does not look.
/// Here barriers stand outside every branch but those of constants, behind no return but that of `idle`, and in no
/// loop but one of `walked` turns, which both depend on the workgroup and the uniform alone.
#[test]
fn barriers_stand_in_uniform_control_flow() {
    for shader in of_one_power() {
        let (module, info) = compiled(shader);
        let entry = module.entry_points.iter().find(|e| e.name == shader.entry()).unwrap();
        let barriers = barriers(&module, &info, &entry.function, &entry.function.body);
        let constant = |name| shader.constant(name).unwrap() as usize;
        let expected = match (shader.choice.kernel, shader.entry()) {
            // Of each group of rows whose squares or terms are summed; and one before the next step.
            (Kernel::Plane, "backward") => {
                let of_terms = if constant("FIRST") == 0 { 2 } else { 1 };
                constant("SUM_GROUPS") + of_terms * constant("GROUPS") + 1
            }
            (Kernel::Plane, _) => constant("GROUPS") + 1,
            (Kernel::Row | Kernel::Slab, "backward") => 1,
            (Kernel::Whole, "backward") => 4,
            (Kernel::Whole, _) => 2,
            (Kernel::Pixel, entry) => {
                let sums = if entry == "backward" { 2 } else { 1 };
                sums * if shader.memory == Memory::Registers { 3 } else { 4 }
            }
            _ => 0,
        };
        assert_eq!(barriers, expected, "{shader:?}");
        if meets_at_barriers(shader) {
            let may_return = |s: &Statement| match s {
                Statement::If { accept, reject, .. } => returns(accept) || returns(reject),
                s => matches!(s, Statement::Return { .. }),
            };
            let before_end = entry.function.body.iter().rev().skip(1);
            assert!(!before_end.into_iter().any(may_return), "{shader:?}");
        } else if barriers > 0 {
            only_idle_returns_early(&module, &info, &entry.function);
        }
    }
}

/// Invocations beyond the work return before they touch a buffer. (The bounds checks of wgpu would
/// hide that they do not.)
#[test]
fn surplus_invocations_return_first() {
    for shader in of_one_power().filter(|shader| !meets_at_barriers(shader)) {
        let (module, _) = compiled(shader);
        let entry = module.entry_points.iter().find(|e| e.name == shader.entry()).unwrap();
        let first = entry.function.body.iter().position(|s| matches!(s, Statement::If { .. } | Statement::Loop { .. }));
        let guard = first.map(|at| &entry.function.body[at]);
        let Some(Statement::If { accept, reject, .. }) = guard else { panic!("{shader:?}: no guard") };
        assert!(returns(accept) && reject.is_empty(), "{shader:?}");
        let before = &entry.function.body[..first.unwrap()];
        assert!(!before.iter().any(|s| matches!(s, Statement::Store { .. })), "{shader:?}");
    }
}

/// Returns `true` if no invocation returns: those without work meet the others at barriers. Of *whole* they have no
/// channels then, and of *row* backward a packet that others have too.
fn meets_at_barriers(shader: &Shader) -> bool {
    matches!((shader.choice.kernel, shader.entry()), (Kernel::Whole, _) | (Kernel::Row, "backward"))
}

/// Counts the barriers of a block; panics at one in a branch or a loop of which invocations might leave
/// at different times.
fn barriers(module: &Module, info: &ModuleInfo, function: &Function, block: &Block) -> usize {
    let count = |block: &Block| barriers(module, info, function, block);
    let none = |block: &Block| assert_eq!(count(block), 0, "a barrier in a branch or a loop");
    let counts = block.iter().map(|statement| match statement {
        Statement::ControlBarrier(_) => 1,
        Statement::Call { function, .. } => {
            let called = &module.functions[*function];
            barriers(module, info, called, &called.body)
        }
        Statement::Block(block) => count(block),
        Statement::Loop { body, .. } if is_walk(module, info, function, body) => count(body),
        Statement::Loop { body, continuing, .. } => (none(body), none(continuing), 0).2,
        Statement::If { condition, accept, reject } => match function.expressions[*condition] {
            Expression::Literal(Literal::Bool(true)) => count(accept),
            Expression::Literal(Literal::Bool(false)) => count(reject),
            _ => (none(accept), none(reject), 0).2,
        },
        Statement::Switch { cases, .. } => {
            cases.iter().for_each(|case| none(&case.body));
            0
        }
        _ => 0,
    });
    counts.sum()
}

/// Returns `true` if a loop ends, and ends only, where a count of its own reaches what `walked` says of the workgroup,
/// or by a constant.
fn is_walk(module: &Module, info: &ModuleInfo, function: &Function, body: &Block) -> bool {
    let breaks = |block: &Block| block.iter().any(|s| matches!(s, Statement::Break));
    let conditions = body.iter().filter_map(|statement| match statement {
        Statement::If { condition, accept, reject } if breaks(accept) || breaks(reject) => {
            Some(&function.expressions[*condition])
        }
        _ => None,
    });
    let varies = |c: &&Expression| !matches!(c, Expression::Literal(_) | Expression::Constant(_));
    let conditions: Vec<_> = conditions.filter(varies).collect();
    let [Expression::Binary { op: naga::BinaryOperator::Less, left, right }] = conditions[..] else {
        return false;
    };
    let Expression::Load { pointer } = function.expressions[*left] else { return false };
    let Expression::CallResult(called) = function.expressions[*right] else { return false };
    if module.functions[called].name.as_deref() != Some("walked") {
        return false;
    }
    depends_on_the_workgroup(module, info, function, &function.body, called);
    matches!(function.expressions[pointer], Expression::LocalVariable(_))
}

/// Returns `true` if the first statements call `idle` with the workgroup's id and return where it says so, and nothing
/// else returns.
fn only_idle_returns_early(module: &Module, info: &ModuleInfo, entry: &Function) {
    let returning = entry.body.iter().filter(|s| matches!(s, Statement::If { accept, .. } if returns(accept)));
    let conditions: Vec<_> = returning
        .map(|s| match s {
            Statement::If { condition, .. } => &entry.expressions[*condition],
            _ => unreachable!(),
        })
        .collect();
    let [Expression::CallResult(idle)] = conditions[..] else { panic!("{conditions:?}") };
    assert_eq!(module.functions[*idle].name.as_deref(), Some("idle"));
    depends_on_the_workgroup(module, info, entry, &entry.body, *idle);
}

/// Returns `true` if a block calls a function with the workgroup's id alone, and that reads no variable but the
/// uniform.
fn depends_on_the_workgroup(
    module: &Module,
    info: &ModuleInfo,
    entry: &Function,
    block: &Block,
    called: naga::Handle<Function>,
) {
    let arguments = block.iter().find_map(|s| match s {
        Statement::Call { function, arguments, .. } if *function == called => Some(arguments),
        _ => None,
    });
    let [argument] = arguments.unwrap()[..] else { panic!("{arguments:?}") };
    let Expression::FunctionArgument(index) = entry.expressions[argument] else { panic!("{argument:?}") };
    let workgroup_id = naga::Binding::BuiltIn(naga::BuiltIn::WorkGroupId);
    assert_eq!(entry.arguments[index as usize].binding, Some(workgroup_id));
    for (handle, variable) in module.global_variables.iter() {
        let used = !info[called][handle].is_empty();
        assert!(!used || variable.space == naga::AddressSpace::Uniform, "{variable:?} is read");
    }
}

fn returns(block: &Block) -> bool {
    block.iter().any(|statement| matches!(statement, Statement::Return { .. }))
}
