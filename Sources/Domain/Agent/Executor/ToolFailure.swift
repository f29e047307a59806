/// Why a call did not work, for the model: what failed, why, and what to do.
struct ToolFailure: Error, Equatable {
    let text: String

    init(_ text: String) { self.text = text }
}
