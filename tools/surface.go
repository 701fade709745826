// Package tools holds what the library is checked with: the pinned linters of
// its go.mod, and the rules that keep the exported surface usable from a
// notebook.
package tools

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The rules a Violation can name.
const (
	RuleAlias        = "alias"        // an exported type alias
	RuleChannel      = "channel"      // a channel in something exported
	RuleGeneric      = "generic"      // type parameters, or an interface that is a constraint
	RuleIterator     = "iterator"     // an iterator without a slice or Len and At beside it
	RuleScalar       = "scalar"       // a named string or bool type
	RuleUndocumented = "undocumented" // an exported name without a comment
)

// Violation is one exported name that breaks a rule.
type Violation struct {
	Pos    token.Position
	Name   string // as it is written outside the package, without its path: "Log.Add"
	Rule   string
	Detail string
}

// String gives the violation in the form of a compiler's message.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", v.Pos, v.Name, v.Rule, v.Detail)
}

// CheckDir checks the package in dir, of whichever module that is. Tests and
// files of other platforms are not part of the surface.
func CheckDir(dir string) ([]Violation, error) {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax |
			packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
		Dir: dir,
		Env: append(os.Environ(), "GOWORK=off"),
	}, ".")
	if err != nil {
		return nil, err
	}
	if len(pkgs) != 1 {
		return nil, fmt.Errorf("%s holds %d packages, want 1", dir, len(pkgs))
	}
	var errs []error
	for _, e := range pkgs[0].Errors {
		errs = append(errs, e)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return Check(pkgs[0].Fset, pkgs[0].Types, pkgs[0].Syntax), nil
}

// Check walks the exported API of one package, types from pkg and comments from
// files, and returns what breaks a rule, ordered by position.
func Check(fset *token.FileSet, pkg *types.Package, files []*ast.File) []Violation {
	c := &checker{fset: fset, pkg: pkg}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.TypeName:
			c.typeName(obj)
		case *types.Func:
			c.function(obj)
		case *types.Var:
			c.value(obj, name)
		}
	}
	c.docs(files)
	slices.SortStableFunc(c.found, func(a, b Violation) int {
		if d := strings.Compare(a.Pos.Filename, b.Pos.Filename); d != 0 {
			return d
		}
		return a.Pos.Offset - b.Pos.Offset
	})
	return c.found
}

type checker struct {
	fset  *token.FileSet
	pkg   *types.Package
	found []Violation
}

func (c *checker) report(pos token.Pos, name, rule, format string, args ...any) {
	c.found = append(c.found, Violation{c.fset.Position(pos), name, rule, fmt.Sprintf(format, args...)})
}

// str writes a type without the path of the package under check.
func (c *checker) str(t types.Type) string {
	return types.TypeString(t, types.RelativeTo(c.pkg))
}

func (c *checker) typeName(obj *types.TypeName) {
	name := obj.Name()
	named, ok := obj.Type().(*types.Named)
	if obj.IsAlias() || !ok {
		c.report(obj.Pos(), name, RuleAlias, "exported type alias")
		return
	}
	if named.TypeParams().Len() > 0 {
		c.report(obj.Pos(), name, RuleGeneric, "exported generic type")
		return
	}
	switch u := named.Underlying().(type) {
	case *types.Basic:
		if u.Info()&(types.IsString|types.IsBoolean) != 0 {
			c.report(obj.Pos(), name, RuleScalar, "exported type over %s; use an int enum with String and a Parse function", u)
		}
	case *types.Interface:
		if !u.IsMethodSet() {
			c.report(obj.Pos(), name, RuleGeneric, "exported constraint interface")
		}
	case *types.Struct:
		c.fields(u, name)
	default:
		c.value(obj, name)
	}
	// The methods of a pointer include those of the value and those promoted
	// from an embedded, perhaps unexported, type.
	methods := exportedMethods(named)
	for _, m := range methods {
		c.signature(m, name+"."+m.Name(), func(sig *types.Signature) bool {
			return hasLenAt(methods) || hasSlice(methods, sig)
		})
	}
}

// fields checks the fields that an exported struct has and those it is lent by an
// embedded unexported one.
func (c *checker) fields(s *types.Struct, name string) {
	for f := range s.Fields() {
		if f.Exported() {
			c.value(f, name+"."+f.Name())
		} else if inner, ok := f.Type().Underlying().(*types.Struct); ok && f.Embedded() {
			c.fields(inner, name)
		}
	}
}

// value checks what is reached by its name alone: a variable, a field, a type.
func (c *checker) value(obj types.Object, name string) {
	t := obj.Type()
	if n, ok := obj.(*types.TypeName); ok {
		t = n.Type().Underlying()
	}
	if _, ok := iterated(t); ok {
		c.report(obj.Pos(), name, RuleIterator, "%s is an iterator; offer a slice, or Len and At", c.str(t))
	}
	if c.hasChan(t, nil) {
		c.report(obj.Pos(), name, RuleChannel, "%s has a channel in it", c.str(t))
	}
}

func (c *checker) function(obj *types.Func) {
	var siblings []*types.Func
	scope := c.pkg.Scope()
	for _, name := range scope.Names() {
		if f, ok := scope.Lookup(name).(*types.Func); ok && f.Exported() {
			siblings = append(siblings, f)
		}
	}
	c.signature(obj, obj.Name(), func(sig *types.Signature) bool { return hasSlice(siblings, sig) })
}

// signature checks a function or a method; plain tells whether what an iterator
// yields can be had without one.
func (c *checker) signature(obj *types.Func, name string, plain func(*types.Signature) bool) {
	sig := obj.Signature()
	if sig.TypeParams().Len() > 0 {
		c.report(obj.Pos(), name, RuleGeneric, "exported function with type parameters")
	}
	for v := range sig.Results().Variables() {
		if _, ok := iterated(v.Type()); ok && !plain(sig) {
			c.report(obj.Pos(), name, RuleIterator, "returns %s; add a sibling that returns a slice, or Len and At", c.str(v.Type()))
		}
	}
	if c.hasChan(sig, nil) {
		c.report(obj.Pos(), name, RuleChannel, "%s has a channel in it", c.str(sig))
	}
}

// iterated returns the last type that an iterator yields, nil if it yields none,
// and whether t is an iterator: a func(yield func(…) bool) by any name.
func iterated(t types.Type) (types.Type, bool) {
	sig, ok := t.Underlying().(*types.Signature)
	if !ok || sig.Params().Len() != 1 || sig.Results().Len() != 0 {
		return nil, false
	}
	yield, ok := sig.Params().At(0).Type().Underlying().(*types.Signature)
	if !ok || yield.Params().Len() > 2 || yield.Results().Len() != 1 {
		return nil, false
	}
	if b, ok := yield.Results().At(0).Type().Underlying().(*types.Basic); !ok || b.Info()&types.IsBoolean == 0 {
		return nil, false
	}
	if n := yield.Params().Len(); n > 0 {
		return yield.Params().At(n - 1).Type(), true
	}
	return nil, true
}

// hasSlice reports whether one of fs takes what sig takes and gives as a slice
// what the iterator of sig yields.
func hasSlice(fs []*types.Func, sig *types.Signature) bool {
	for r := range sig.Results().Variables() {
		elem, ok := iterated(r.Type())
		if !ok {
			continue
		}
		if elem == nil || !slices.ContainsFunc(fs, func(f *types.Func) bool {
			s := f.Signature()
			if s.Results().Len() == 0 || !types.Identical(s.Params(), sig.Params()) {
				return false
			}
			slice, ok := s.Results().At(0).Type().Underlying().(*types.Slice)
			return ok && types.Identical(slice.Elem(), elem)
		}) {
			return false
		}
	}
	return true
}

// hasLenAt reports whether the methods are those of an indexed collection.
func hasLenAt(methods []*types.Func) bool {
	takes := func(name string, params int) bool {
		return slices.ContainsFunc(methods, func(m *types.Func) bool {
			sig := m.Signature()
			return m.Name() == name && sig.Params().Len() == params && sig.Results().Len() > 0
		})
	}
	return takes("Len", 0) && takes("At", 1)
}

func exportedMethods(t *types.Named) []*types.Func {
	var recv types.Type = t
	if !types.IsInterface(t) {
		recv = types.NewPointer(t)
	}
	var methods []*types.Func
	for sel := range types.NewMethodSet(recv).Methods() {
		if m, ok := sel.Obj().(*types.Func); ok && m.Exported() {
			methods = append(methods, m)
		}
	}
	return methods
}

// hasChan reports whether a channel can be reached through t. Exported types
// answer for themselves, and so do other packages.
func (c *checker) hasChan(t types.Type, seen []types.Type) bool {
	if slices.Contains(seen, t) {
		return false
	}
	seen = append(seen, t)
	anyVar := func(vars *types.Tuple) bool {
		for v := range vars.Variables() {
			if c.hasChan(v.Type(), seen) {
				return true
			}
		}
		return false
	}
	switch t := types.Unalias(t).(type) {
	case *types.Chan:
		return true
	case *types.Pointer:
		return c.hasChan(t.Elem(), seen)
	case *types.Slice:
		return c.hasChan(t.Elem(), seen)
	case *types.Array:
		return c.hasChan(t.Elem(), seen)
	case *types.Map:
		return c.hasChan(t.Key(), seen) || c.hasChan(t.Elem(), seen)
	case *types.Signature:
		return anyVar(t.Params()) || anyVar(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() && c.hasChan(f.Type(), seen) {
				return true
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if m.Exported() && c.hasChan(m.Type(), seen) {
				return true
			}
		}
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			if c.hasChan(arg, seen) {
				return true
			}
		}
		return t.Obj().Pkg() == c.pkg && !t.Obj().Exported() && c.hasChan(t.Underlying(), seen)
	}
	return false
}

// docs reports exported names that have no comment.
func (c *checker) docs(files []*ast.File) {
	if len(files) > 0 && !slices.ContainsFunc(files, func(f *ast.File) bool { return text(f.Doc) != "" }) {
		c.report(files[0].Package, c.pkg.Name(), RuleUndocumented, "no file has a package comment")
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				c.funcDoc(decl)
			case *ast.GenDecl:
				c.genDoc(decl)
			}
		}
	}
}

func (c *checker) funcDoc(decl *ast.FuncDecl) {
	if !decl.Name.IsExported() || text(decl.Doc) != "" {
		return
	}
	name := decl.Name.Name
	if decl.Recv != nil && len(decl.Recv.List) == 1 {
		recv := decl.Recv.List[0].Type
		if star, ok := recv.(*ast.StarExpr); ok {
			recv = star.X
		}
		if index, ok := recv.(*ast.IndexExpr); ok {
			recv = index.X
		}
		id, ok := recv.(*ast.Ident)
		if !ok || !id.IsExported() {
			return
		}
		name = id.Name + "." + name
	}
	c.report(decl.Name.Pos(), name, RuleUndocumented, "no doc comment")
}

func (c *checker) genDoc(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			// One comment may speak for a whole group of values.
			if text(decl.Doc, spec.Doc, spec.Comment) != "" {
				continue
			}
			for _, id := range spec.Names {
				if id.IsExported() {
					c.report(id.Pos(), id.Name, RuleUndocumented, "no comment on it or on its group")
				}
			}
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			doc := text(spec.Doc)
			if doc == "" && !decl.Lparen.IsValid() {
				doc = text(decl.Doc)
			}
			if doc == "" {
				c.report(spec.Name.Pos(), spec.Name.Name, RuleUndocumented, "no doc comment")
			}
			switch t := spec.Type.(type) {
			case *ast.StructType:
				c.memberDocs(spec.Name.Name, doc, t.Fields)
			case *ast.InterfaceType:
				c.memberDocs(spec.Name.Name, doc, t.Methods)
			}
		}
	}
}

// memberDocs checks fields and interface methods. A member may have a comment of
// its own, share that of the block it stands in, up to a blank line, or be named
// in the comment of its type, where a formula explains its symbols.
func (c *checker) memberDocs(typeName, typeDoc string, members *ast.FieldList) {
	covered, next := false, 0
	for _, m := range members.List {
		start := m.Pos()
		if m.Doc != nil {
			start = m.Doc.Pos()
		}
		if c.fset.Position(start).Line != next {
			covered = false
		}
		end := m.End()
		if m.Comment != nil {
			end = m.Comment.End()
		}
		next = c.fset.Position(end).Line + 1

		if text(m.Doc) != "" {
			covered = true
		}
		if covered || text(m.Comment) != "" {
			continue
		}
		for _, id := range m.Names {
			if id.IsExported() && !regexp.MustCompile(`\b`+id.Name+`\b`).MatchString(typeDoc) {
				c.report(id.Pos(), typeName+"."+id.Name, RuleUndocumented, "no comment on it, on its block or in that of its type")
			}
		}
	}
}

// text joins comments; directives such as //go:generate are not text.
func text(groups ...*ast.CommentGroup) string {
	var b strings.Builder
	for _, g := range groups {
		b.WriteString(g.Text())
	}
	return b.String()
}
