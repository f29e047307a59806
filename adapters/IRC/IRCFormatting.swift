package import Chat
internal import Kit

/// Renders Markdown for IRC: formatting codes instead of marks, one message per line, no blank lines.
///
/// Only bold, italic, strikethrough and monospace; channels may strip or refuse colours (mode +c). Every line is
/// self-contained: open formats are reset at its end and reopened on the next line.
package struct IRCFormatting: MessageRenderer {
    package init() {}

    package func render(_ markdown: String) -> RenderedText {
        IRCFormattingWriter.render(markdown)
    }
}

/// IRC's formatting codes. All toggle a format, except the colours and `reset`.
package enum IRCCode {
    package static let bold: UInt8 = 0x02
    package static let colour: UInt8 = 0x03
    package static let hexColour: UInt8 = 0x04
    package static let reset: UInt8 = 0x0F
    package static let monospace: UInt8 = 0x11
    package static let italic: UInt8 = 0x1D
    package static let strike: UInt8 = 0x1E
    /// Encloses a client-to-client request (CTCP) such as ACTION.
    package static let request: UInt8 = 0x01
}
