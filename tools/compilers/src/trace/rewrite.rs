//! A shader that records its accesses, made of naga's module of the one that does not.

use super::Instruction;
use super::address::Writer;
use crate::translate::valid;
use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{
    Binding, Block, BuiltIn, Expression, Function, FunctionArgument, Handle, Module, Scalar, Span, Statement, Type,
    TypeInner, VectorSize,
};

/// What is called.
const RECORDER: &str = include_str!("trace.wgsl");

/// A shader that records, and what its instructions are.
pub(super) struct Rewritten {
    pub(super) module: Module,
    pub(super) instructions: Vec<Instruction>,
}

/// Returns the shader with a record of each access to memory that invocations share. Functions of the recorder stay as
/// they are.
pub(super) fn rewritten(source: &str) -> Option<Rewritten> {
    let (mut module, info) = valid(&with_recorder(source));
    let record = function(&module, "trace_record")?;
    let locate = function(&module, "trace_locate")?;
    let mut rewriter = Rewriter { record, instructions: Vec::new() };
    let ours = [record, locate];
    let others = module.functions.iter().map(|(handle, _)| handle).filter(|f| !ours.contains(f));
    for handle in others.collect::<Vec<_>>() {
        let mut function = std::mem::take(module.functions.get_mut(handle));
        rewriter.rewrite(&module, &info[handle], &mut function);
        *module.functions.get_mut(handle) = function;
    }
    rewriter.rewrite_entries(&mut module, &info, locate);
    Some(Rewritten { module, instructions: rewriter.instructions })
}

/// Returns the recorder behind what a shader enables, which has to stand first; callees have to precede their callers.
fn with_recorder(source: &str) -> String {
    let is_directive = |line: &&str| line.starts_with("enable ");
    let directives: Vec<_> = source.lines().filter(is_directive).collect();
    let rest: Vec<_> = source.lines().filter(|line| !is_directive(line)).collect();
    [&directives.join("\n"), RECORDER, &rest.join("\n")].join("\n")
}

fn function(module: &Module, name: &str) -> Option<Handle<Function>> {
    let named = |(_, f): &(_, &Function)| f.name.as_deref() == Some(name);
    module.functions.iter().find(named).map(|(handle, _)| handle)
}

struct Rewriter {
    record: Handle<Function>,
    instructions: Vec<Instruction>,
}

impl Rewriter {
    fn rewrite_entries(&mut self, module: &mut Module, info: &ModuleInfo, locate: Handle<Function>) {
        for number in 0..module.entry_points.len() {
            let mut function = std::mem::take(&mut module.entry_points[number].function);
            self.rewrite(module, info.get_entry_point(number), &mut function);
            let arguments = vec![
                argument(module, &mut function, BuiltIn::WorkGroupId, Some(VectorSize::Tri)),
                argument(module, &mut function, BuiltIn::LocalInvocationIndex, None),
            ];
            let call = Statement::Call { function: locate, arguments, result: None };
            let mut body = Block::from_vec(vec![call]);
            body.append(&mut function.body);
            function.body = body;
            module.entry_points[number].function = function;
        }
    }

    fn rewrite(&mut self, module: &Module, info: &FunctionInfo, function: &mut Function) {
        let mut body = std::mem::take(&mut function.body);
        let mut writer = Writer { module, info, function };
        self.rewrite_block(&mut writer, &mut body);
        function.body = body;
    }

    fn rewrite_block(&mut self, writer: &mut Writer, block: &mut Block) {
        let mut code = Vec::new();
        for (mut statement, _) in std::mem::take(block).span_into_iter() {
            self.rewrite_inside(writer, &mut statement);
            let accesses = accesses(writer.function, &statement);
            code.push(statement);
            for (pointer, writes) in accesses {
                self.record(writer, pointer, writes, &mut code);
            }
        }
        *block = Block::from_vec(code);
    }

    fn rewrite_inside(&mut self, writer: &mut Writer, statement: &mut Statement) {
        let blocks = match statement {
            Statement::Block(block) => vec![block],
            Statement::If { accept, reject, .. } => vec![accept, reject],
            Statement::Loop { body, continuing, .. } => vec![body, continuing],
            Statement::Switch { cases, .. } => cases.iter_mut().map(|c| &mut c.body).collect(),
            _ => Vec::new(),
        };
        blocks.into_iter().for_each(|block| self.rewrite_block(writer, block));
    }

    /// Adds the call that records an access, if it is to memory that invocations share.
    fn record(&mut self, writer: &mut Writer, pointer: Handle<Expression>, writes: bool, code: &mut Vec<Statement>) {
        let Some(bytes) = writer.bytes(pointer) else { return };
        let Some(place) = writer.place(pointer, code) else { return };
        let number = writer.literal(self.instructions.len() as u32);
        let global = &writer.module.global_variables[place.variable];
        self.instructions.push(Instruction {
            space: place.space,
            writes,
            bytes,
            variable: place.variable.index() as u32,
            binding: global.binding.map(|bound| bound.binding),
            size: writer.module.types[global.ty].inner.size(writer.module.to_ctx()),
        });
        let arguments = vec![number, place.address];
        code.push(Statement::Call { function: self.record, arguments, result: None });
    }
}

/// Returns the pointers through which a statement loads, or stores.
fn accesses(function: &Function, statement: &Statement) -> Vec<(Handle<Expression>, bool)> {
    match statement {
        Statement::Emit(range) => {
            let load = |handle| match function.expressions[handle] {
                Expression::Load { pointer } => Some((pointer, false)),
                _ => None,
            };
            range.clone().filter_map(load).collect()
        }
        Statement::Store { pointer, .. } | Statement::Atomic { pointer, .. } => {
            vec![(*pointer, true)]
        }
        Statement::WorkGroupUniformLoad { pointer, .. } => vec![(*pointer, false)],
        _ => Vec::new(),
    }
}

/// Returns the argument of an entry point that holds a builtin; it is added where there is none.
fn argument(
    module: &mut Module,
    function: &mut Function,
    builtin: BuiltIn,
    size: Option<VectorSize>,
) -> Handle<Expression> {
    let binding = Some(Binding::BuiltIn(builtin));
    let known = function.arguments.iter().position(|argument| argument.binding == binding);
    let number = known.unwrap_or_else(|| {
        let inner = match size {
            Some(size) => TypeInner::Vector { size, scalar: Scalar::U32 },
            None => TypeInner::Scalar(Scalar::U32),
        };
        let ty = module.types.insert(Type { name: None, inner }, Span::UNDEFINED);
        function.arguments.push(FunctionArgument { name: None, ty, binding });
        function.arguments.len() - 1
    });
    let expression = Expression::FunctionArgument(number as u32);
    function.expressions.append(expression, Span::UNDEFINED)
}
