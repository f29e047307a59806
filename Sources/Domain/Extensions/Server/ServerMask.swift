internal import Logging
internal import Primitives

/// Hides the values that a server was configured with from what it says.
struct ServerMask: Sendable {
    private let redactor: Redactor

    init(_ way: ExtensionSettings.Way) {
        var redactor = Redactor()
        switch way {
        case .program(_, let variables): for value in variables.values { redactor.register(value) }
        case .remote(_, let headers): for value in headers.values { redactor.register(value) }
        }
        self.redactor = redactor
    }

    func text(_ text: String) -> String { self.redactor.redact(Redaction.redact(text)) }

    func result(_ result: ExtensionResult) -> ExtensionResult {
        var result = result
        for case (let index, .text(let text)) in result.parts.enumerated() {
            result.parts[index] = .text(self.text(text))
        }
        return result
    }
}
