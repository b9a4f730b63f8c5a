//! The address that a pointer of naga's has, as an expression.

use super::Space;
use naga::valid::FunctionInfo;
use naga::{
    AddressSpace, BinaryOperator, Expression, Function, GlobalVariable, Handle, Literal, Module, Range, ScalarKind,
    Span, Statement, TypeInner,
};

/// A function that is being rewritten.
pub(super) struct Writer<'a> {
    pub(super) module: &'a Module,
    /// Of the expressions that were there before.
    pub(super) info: &'a FunctionInfo,
    pub(super) function: &'a mut Function,
}

/// A place in memory.
pub(super) struct Place {
    pub(super) variable: Handle<GlobalVariable>,
    pub(super) space: Space,
    /// In bytes, from the start of the variable.
    pub(super) address: Handle<Expression>,
}

impl Writer<'_> {
    /// Returns where a pointer leads, if that is memory that other invocations see. What computes the address is
    /// emitted to `code`.
    pub(super) fn place(&mut self, pointer: Handle<Expression>, code: &mut Vec<Statement>) -> Option<Place> {
        match self.function.expressions[pointer] {
            Expression::GlobalVariable(variable) => {
                let space = space(self.module.global_variables[variable].space)?;
                Some(Place { variable, space, address: self.literal(0) })
            }
            Expression::AccessIndex { base, index } => {
                let place = self.place(base, code)?;
                let offset = self.literal(self.offset(base, index)?);
                Some(self.further(place, offset, code))
            }
            Expression::Access { base, index } => {
                let place = self.place(base, code)?;
                let stride = self.literal(self.stride(base)?);
                let index = self.unsigned(index, code);
                let offset = self.binary(BinaryOperator::Multiply, index, stride, code);
                Some(self.further(place, offset, code))
            }
            _ => None,
        }
    }

    /// Returns the bytes of what a pointer leads to.
    pub(super) fn bytes(&self, pointer: Handle<Expression>) -> Option<u32> {
        match *self.inner(pointer) {
            TypeInner::Pointer { base, .. } => Some(self.module.types[base].inner.size(self.module.to_ctx())),
            TypeInner::ValuePointer { size, scalar, .. } => {
                Some(size.map_or(1, |size| size as u32) * u32::from(scalar.width))
            }
            _ => None,
        }
    }

    pub(super) fn literal(&mut self, number: u32) -> Handle<Expression> {
        self.append(Expression::Literal(Literal::U32(number)))
    }

    fn further(&mut self, place: Place, offset: Handle<Expression>, code: &mut Vec<Statement>) -> Place {
        let address = self.binary(BinaryOperator::Add, place.address, offset, code);
        Place { address, ..place }
    }

    /// Returns the bytes from one element to the next of what a pointer leads to.
    fn stride(&self, pointer: Handle<Expression>) -> Option<u32> {
        match *self.pointee(pointer)? {
            TypeInner::Array { stride, .. } => Some(stride),
            TypeInner::Vector { scalar, .. } => Some(scalar.width.into()),
            _ => None,
        }
    }

    /// Returns the bytes before a member or an element of what a pointer leads to.
    fn offset(&self, pointer: Handle<Expression>, index: u32) -> Option<u32> {
        match self.pointee(pointer)? {
            TypeInner::Struct { members, .. } => Some(members.get(index as usize)?.offset),
            _ => Some(self.stride(pointer)? * index),
        }
    }

    fn pointee(&self, pointer: Handle<Expression>) -> Option<&TypeInner> {
        match *self.inner(pointer) {
            TypeInner::Pointer { base, .. } => Some(&self.module.types[base].inner),
            _ => None,
        }
    }

    fn inner(&self, expression: Handle<Expression>) -> &TypeInner {
        self.info[expression].ty.inner_with(&self.module.types)
    }

    fn unsigned(&mut self, index: Handle<Expression>, code: &mut Vec<Statement>) -> Handle<Expression> {
        if self.inner(index).scalar_kind() == Some(ScalarKind::Uint) {
            return index;
        }
        let cast = Expression::As { expr: index, kind: ScalarKind::Uint, convert: Some(4) };
        self.emit(cast, code)
    }

    fn binary(
        &mut self,
        op: BinaryOperator,
        left: Handle<Expression>,
        right: Handle<Expression>,
        code: &mut Vec<Statement>,
    ) -> Handle<Expression> {
        self.emit(Expression::Binary { op, left, right }, code)
    }

    fn emit(&mut self, expression: Expression, code: &mut Vec<Statement>) -> Handle<Expression> {
        let handle = self.append(expression);
        code.push(Statement::Emit(Range::new_from_bounds(handle, handle)));
        handle
    }

    fn append(&mut self, expression: Expression) -> Handle<Expression> {
        self.function.expressions.append(expression, Span::UNDEFINED)
    }
}

fn space(space: AddressSpace) -> Option<Space> {
    match space {
        AddressSpace::Storage { .. } => Some(Space::Device),
        AddressSpace::WorkGroup => Some(Space::Workgroup),
        _ => None,
    }
}
