/// Output of a command, as it comes.
package struct CommandOutput: Sendable, Equatable {
    package enum Stream: String, Sendable {
        case standardOutput = "stdout"
        case standardError = "stderr"
    }

    package let stream: Stream
    /// With control sequences; bytes that are not UTF-8 are replaced. Never ends within a character.
    package let text: String

    package init(stream: Stream, text: String) {
        self.stream = stream
        self.text = text
    }
}
