package cephmap

import "github.com/libmonclient/libmonclient/denc"

// MgrModule is a module of a manager (MgrMap::ModuleInfo in src/mon/MgrMap.h).
type MgrModule struct {
	Name    string
	CanRun  bool
	Error   string                     // why it cannot run
	Options map[string]MgrModuleOption // by name
}

// MgrModuleOption is an option of a module (MgrMap::ModuleOption in src/mon/MgrMap.h). Values are text of the type.
type MgrModuleOption struct {
	Name         string
	Type         OptionType
	Level        OptionLevel
	Flags        uint32
	DefaultValue string
	Min, Max     string
	EnumAllowed  []string // in order, as are Tags and SeeAlso
	Description  string
	LongDesc     string
	Tags         []string
	SeeAlso      []string
}

// OptionType is the type of an option's value (Option::type_t in src/common/options.h).
type OptionType uint8

// The types of options.
const (
	OptionUint OptionType = iota
	OptionInt
	OptionString
	OptionFloat
	OptionBool
	OptionAddr
	OptionAddrVec
	OptionUUID
	OptionSize
	OptionSeconds
	OptionMilliseconds
)

var optionTypes = [...]string{
	OptionUint: "uint", OptionInt: "int", OptionString: "str", OptionFloat: "float", OptionBool: "bool", OptionAddr: "addr",
	OptionAddrVec: "addrvec", OptionUUID: "uuid", OptionSize: "size", OptionSeconds: "secs", OptionMilliseconds: "millisecs",
}

// String returns Ceph's name of the type, such as str; unknown for one that is not known here.
func (t OptionType) String() string {
	if int(t) < len(optionTypes) {
		return optionTypes[t]
	}
	return "unknown"
}

// OptionLevel says for whom an option is (Option::level_t in src/common/options.h).
type OptionLevel uint8

// The levels.
const (
	OptionBasic OptionLevel = iota
	OptionAdvanced
	OptionDev
)

// String returns Ceph's name of the level, such as basic; unknown for one that is not known here.
func (l OptionLevel) String() string {
	switch l {
	case OptionBasic:
		return "basic"
	case OptionAdvanced:
		return "advanced"
	case OptionDev:
		return "dev"
	}
	return "unknown"
}

const (
	minMgrModule       = 6 + 4 + 1 + 4
	minMgrModuleOption = 6 + 4 + 1 + 1 + 4 + 8*4
)

func decodeModules(r *denc.Reader, field string) []MgrModule {
	return readList(r, field, minMgrModule, func() (m MgrModule) {
		m.decodeFrom(r)
		return m
	})
}

func (m *MgrModule) decodeFrom(r *denc.Reader) {
	s := r.Start("module", 2)
	m.Name = r.String("name")
	m.CanRun = r.Bool("can_run")
	m.Error = r.String("error_string")
	if s.Version >= 2 {
		m.Options = readMap(r, "module_options", 4+minMgrModuleOption, r.String, func() (o MgrModuleOption) {
			o.decodeFrom(r)
			return o
		})
	}
	r.Finish(s)
}

func appendMgrModule(b []byte, m MgrModule) []byte {
	b, mark := denc.AppendStart(b, 2, 1)
	b = denc.AppendString(b, m.Name)
	b = denc.AppendBool(b, m.CanRun)
	b = denc.AppendString(b, m.Error)
	b = putMap(b, m.Options, denc.AppendString, appendMgrModuleOption)
	return denc.AppendFinish(b, mark)
}

func (o *MgrModuleOption) decodeFrom(r *denc.Reader) {
	s := r.Start("module_option", 1)
	o.Name = r.String("name")
	o.Type = OptionType(r.Uint8("type"))
	o.Level = OptionLevel(r.Uint8("level"))
	o.Flags = r.Uint32("flags")
	o.DefaultValue = r.String("default_value")
	o.Min = r.String("min")
	o.Max = r.String("max")
	o.EnumAllowed = decodeSet(r, "enum_allowed", 4, r.String)
	o.Description = r.String("desc")
	o.LongDesc = r.String("long_desc")
	o.Tags = decodeSet(r, "tags", 4, r.String)
	o.SeeAlso = decodeSet(r, "see_also", 4, r.String)
	r.Finish(s)
}

func appendMgrModuleOption(b []byte, o MgrModuleOption) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	b = denc.AppendString(b, o.Name)
	b = denc.AppendUint8(b, uint8(o.Type))
	b = denc.AppendUint8(b, uint8(o.Level))
	b = denc.AppendUint32(b, o.Flags)
	b = denc.AppendString(b, o.DefaultValue)
	b = denc.AppendString(b, o.Min)
	b = denc.AppendString(b, o.Max)
	b = appendSet(b, o.EnumAllowed, denc.AppendString)
	b = denc.AppendString(b, o.Description)
	b = denc.AppendString(b, o.LongDesc)
	b = appendSet(b, o.Tags, denc.AppendString)
	b = appendSet(b, o.SeeAlso, denc.AppendString)
	return denc.AppendFinish(b, mark)
}
