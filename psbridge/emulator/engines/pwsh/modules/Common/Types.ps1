# .NET types with the names, properties and interfaces of the real modules, made when the module is loaded.
# A PowerShell class can have neither a namespace nor be a struct, and Add-Type is not in every engine; what a client sees
# of an object (type names, properties of the adapter, IRoleOperationStatus[]) needs real types.
using namespace System.Reflection
using namespace System.Reflection.Emit

# A module to put types in. The engine remembers the cmdlets of an assembly by its full name, so each runspace needs one of
# its own: else a second runspace's cmdlets would run the first one's scripts.
function New-TypeModule([string] $Name) {
    $Name += '.' + [guid]::NewGuid().ToString('N')
    $assembly = [AssemblyBuilder]::DefineDynamicAssembly([AssemblyName]::new($Name), [AssemblyBuilderAccess]::Run)
    $assembly.DefineDynamicModule($Name)
}

function New-InterfaceType([ModuleBuilder] $Module, [string] $Name) {
    $Module.DefineType($Name, [TypeAttributes]'Public, Interface, Abstract').CreateType()
}

# A class with settable properties. Its ToString() gives the property named by Text, a string, or the type's name.
function New-ClassType([ModuleBuilder] $Module, [string] $Name, [Collections.IDictionary] $Properties, [string] $Text,
    [type[]] $Interfaces = @(), [type] $Parent = [object]) {
    $type = $Module.DefineType($Name, [TypeAttributes]'Public, Class', $Parent, $Interfaces)
    $null = $type.DefineDefaultConstructor([MethodAttributes]::Public)
    $getters = Add-TypeProperties $type $Properties
    if ($Text) { Add-TypeText $type $getters[$Text] }
    $type.CreateType()
}

# An exception with settable properties. Its message is given to the constructor, or, where the class overrides Message
# (which then comes among its own properties), set like the others.
function New-ExceptionType([ModuleBuilder] $Module, [string] $Name, [Collections.IDictionary] $Properties,
    [type] $Parent = [Exception]) {
    $type = $Module.DefineType($Name, [TypeAttributes]'Public, Class', $Parent)
    $null = $type.DefineDefaultConstructor([MethodAttributes]::Public)
    $constructor = $Parent.GetConstructor([type[]] @([string]))
    if ($constructor) {
        $il = New-TypeConstructor $type
        $il.Emit([OpCodes]::Call, $constructor)
        $il.Emit([OpCodes]::Ret)
    }
    $null = Add-TypeProperties $type $Properties -More Virtual
    $type.CreateType()
}

# What C# makes of `new { A = …, B = … }`: generic in the types of its properties, and shown as { A = …, B = … }.
function New-AnonymousType([ModuleBuilder] $Module, [int] $Number, [string[]] $Names) {
    $type = $Module.DefineType("<>f__AnonymousType$Number``$($Names.Count)", [TypeAttributes]'Class, Sealed')
    $kinds = $type.DefineGenericParameters([string[]] @(foreach ($name in $Names) { "T$name" }))
    $null = $type.DefineDefaultConstructor([MethodAttributes]::Public)
    $properties = [ordered] @{}
    for ($i = 0; $i -lt $Names.Count; $i++) { $properties[$Names[$i]] = $kinds[$i] }
    $getters = Add-TypeProperties $type $properties
    $text = $type.DefineMethod('ToString', [MethodAttributes]'Public, Virtual, HideBySig', [string], [type]::EmptyTypes)
    $shown = for ($i = 0; $i -lt $Names.Count; $i++) { "$($Names[$i]) = {$i}" }
    $il = $text.GetILGenerator()
    $il.Emit([OpCodes]::Ldstr, '{{ ' + [string]::Join(', ', $shown) + ' }}')
    $il.Emit([OpCodes]::Ldc_I4, $Names.Count)
    $il.Emit([OpCodes]::Newarr, [object])
    for ($i = 0; $i -lt $Names.Count; $i++) {
        $il.Emit([OpCodes]::Dup)
        $il.Emit([OpCodes]::Ldc_I4, $i)
        $il.Emit([OpCodes]::Ldarg_0)
        $il.Emit([OpCodes]::Call, $getters[$Names[$i]])
        $il.Emit([OpCodes]::Box, $kinds[$i])
        $il.Emit([OpCodes]::Stelem_Ref)
    }
    $il.Emit([OpCodes]::Call, [string].GetMethod('Format', [type[]] @([string], [object[]])))
    $il.Emit([OpCodes]::Ret)
    $type.CreateType().MakeGenericType([type[]] @(foreach ($name in $Names) { [string] }))
}

# A struct around a string, as AutoRest makes an enum that the service may extend; constructed with the string.
function New-WordType([ModuleBuilder] $Module, [string] $Name) {
    $type = $Module.DefineType($Name, [TypeAttributes]'Public, Sealed, SequentialLayout', [ValueType])
    $field = $type.DefineField('_value', [string], [FieldAttributes]::Private)
    $il = New-TypeConstructor $type
    $il.Emit([OpCodes]::Stfld, $field)
    $il.Emit([OpCodes]::Ret)
    $text = $type.DefineMethod('ToString', [MethodAttributes]'Public, Virtual, HideBySig', [string], [type]::EmptyTypes)
    Add-FieldReturn $text $field
    $type.CreateType()
}

# Starts a public constructor that takes a string: this and the string are on the stack.
function New-TypeConstructor([TypeBuilder] $Type) {
    $constructor = $Type.DefineConstructor([MethodAttributes]::Public, [CallingConventions]::Standard, [type[]] @([string]))
    $il = $constructor.GetILGenerator()
    $il.Emit([OpCodes]::Ldarg_0)
    $il.Emit([OpCodes]::Ldarg_1)
    return , $il
}

function Add-FieldReturn([MethodBuilder] $Method, [FieldBuilder] $Field) {
    $il = $Method.GetILGenerator()
    $il.Emit([OpCodes]::Ldarg_0)
    $il.Emit([OpCodes]::Ldfld, $Field)
    $il.Emit([OpCodes]::Ret)
}

# Adds the properties in their order; returns the getters by name, and puts the properties into Made.
function Add-TypeProperties([TypeBuilder] $Type, [Collections.IDictionary] $Properties, [hashtable] $Made = @{},
    [MethodAttributes] $More = 0) {
    $public = [MethodAttributes]'Public, SpecialName, HideBySig' -bor $More
    $getters = @{}
    foreach ($name in $Properties.Keys) {
        $kind = $Properties[$name]
        $property = $Type.DefineProperty($name, [PropertyAttributes]::None, $kind, $null)
        $field = $Type.DefineField("_$name", $kind, [FieldAttributes]::Private)
        $get = $Type.DefineMethod("get_$name", $public, $kind, [type]::EmptyTypes)
        Add-FieldReturn $get $field
        $set = $Type.DefineMethod("set_$name", $public, [void], [type[]] @($kind))
        $il = $set.GetILGenerator()
        $il.Emit([OpCodes]::Ldarg_0)
        $il.Emit([OpCodes]::Ldarg_1)
        $il.Emit([OpCodes]::Stfld, $field)
        $il.Emit([OpCodes]::Ret)
        $property.SetGetMethod($get)
        $property.SetSetMethod($set)
        $getters[$name] = $get
        $Made[$name] = $property
    }
    $getters
}

function Add-TypeText([TypeBuilder] $Type, [MethodBuilder] $Getter) {
    $text = $Type.DefineMethod('ToString', [MethodAttributes]'Public, Virtual, HideBySig', [string], [type]::EmptyTypes)
    $il = $text.GetILGenerator()
    $il.Emit([OpCodes]::Ldarg_0)
    $il.Emit([OpCodes]::Call, $Getter)
    $il.Emit([OpCodes]::Ret)
}
