/// What the tools make of a model's call, before anything is looked up.
package enum CallReading: Sendable, Equatable {
    /// Its tool exists and its arguments fit.
    case call(CheckedCall)
    /// It cannot be carried out; the result tells the model how to mend it.
    case failed(ToolResult)
}
