# Compiled cmdlets with a script as their body. The real modules' commands are seen through their class: it is what follows
# the comma in an error id, what Get-Command shows, and what binds parameters, with other errors than a function's.
using namespace System.Management.Automation
using namespace System.Reflection
using namespace System.Reflection.Emit

# Makes a cmdlet class whose ProcessRecord calls Body with the cmdlet.
# Parameters: by name a type, or a hashtable with Type and, where wanted, Mandatory, Alias, Words, Set.
function New-CmdletType([ModuleBuilder] $Module, [string] $Class, [string] $Name, [Collections.IDictionary] $Parameters,
    [scriptblock] $Body, [switch] $ShouldProcess, [string] $DefaultSet) {
    $type = $Module.DefineType($Class, [TypeAttributes]'Public, Class', [PSCmdlet])
    $null = $type.DefineDefaultConstructor([MethodAttributes]::Public)
    $verb, $noun = $Name.Split('-')
    $about = @{ SupportsShouldProcess = [bool] $ShouldProcess }
    if ($DefaultSet) { $about.DefaultParameterSetName = $DefaultSet }
    $type.SetCustomAttribute((New-TypeAttribute ([CmdletAttribute]) @($verb, $noun) $about))
    $kinds = [ordered] @{}
    foreach ($key in $Parameters.Keys) {
        $kinds[$key] = $Parameters[$key] -is [type] ? $Parameters[$key] : $Parameters[$key].Type
    }
    $properties = @{}
    $null = Add-TypeProperties $type $kinds $properties
    foreach ($key in $Parameters.Keys) {
        $wanted = $Parameters[$key] -is [type] ? @{} : $Parameters[$key]
        $property = $properties[$key]
        $about = @{ Mandatory = [bool] $wanted.Mandatory }
        if ($wanted.Set) { $about.ParameterSetName = $wanted.Set }
        $property.SetCustomAttribute((New-TypeAttribute ([ParameterAttribute]) @() $about))
        if ($wanted.Alias) { $property.SetCustomAttribute((New-TypeAttribute ([AliasAttribute]) (, [string[]] $wanted.Alias))) }
        if ($wanted.Words) {
            $property.SetCustomAttribute((New-TypeAttribute ([ValidateSetAttribute]) (, [string[]] $wanted.Words)))
        }
    }
    $field = $type.DefineField('Body', [Action[PSCmdlet]], [FieldAttributes]'Public, Static')
    $process = $type.DefineMethod('ProcessRecord', [MethodAttributes]'Family, Virtual, HideBySig', [void], [type]::EmptyTypes)
    $il = $process.GetILGenerator()
    $il.Emit([OpCodes]::Ldsfld, $field)
    $il.Emit([OpCodes]::Ldarg_0)
    $il.Emit([OpCodes]::Callvirt, [Action[PSCmdlet]].GetMethod('Invoke'))
    $il.Emit([OpCodes]::Ret)
    $made = $type.CreateType()
    $made.GetField('Body').SetValue($null, [Action[PSCmdlet]] $Body)
    $made
}

# ShouldProcess as it ends a compiled cmdlet where nobody can be asked; in a script what it throws would be one error of many.
function Confirm-Process($Cmdlet, [string] $Target, [string] $Action) {
    try {
        if ($Action) { return $Cmdlet.ShouldProcess($Target, $Action) }
        return $Cmdlet.ShouldProcess($Target)
    }
    catch [System.Management.Automation.Host.HostException] {
        $Cmdlet.ThrowTerminatingError([ErrorRecord]::new($_.Exception, 'HostFunctionNotImplemented', 'NotImplemented', $null))
    }
    catch [MethodInvocationException] {
        $Cmdlet.ThrowTerminatingError([ErrorRecord]::new(
                $_.Exception.InnerException, 'HostFunctionNotImplemented', 'NotImplemented', $null))
    }
}

function New-TypeAttribute([type] $Attribute, [object[]] $Arguments = @(), [hashtable] $Named = @{}) {
    $kinds = [type[]] @(foreach ($argument in $Arguments) { $argument.GetType() })
    $names = [PropertyInfo[]] @(foreach ($name in $Named.Keys) { $Attribute.GetProperty($name) })
    , [CustomAttributeBuilder]::new($Attribute.GetConstructor($kinds), $Arguments, $names, [object[]] @($Named.Values))
}
