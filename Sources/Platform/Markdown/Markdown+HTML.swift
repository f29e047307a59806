extension Markdown {
    /// HTML that is safe in a page of ours, whoever wrote the text: raw HTML is shown as text, addresses other than
    /// http, https and mailto are dropped, an image becomes a link to it. Classes instead of styles, for a strict
    /// content security policy.
    package static func html(_ text: String) -> String {
        var writer = HTMLWriter(capacity: text.utf8.count + text.utf8.count / 4)
        Self.walk(text, visitor: &writer)
        return String(decoding: writer.output, as: UTF8.self)
    }
}
