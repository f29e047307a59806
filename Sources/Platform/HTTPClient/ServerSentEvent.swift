/// One event of an event stream.
package struct ServerSentEvent: Sendable, Hashable {
    /// The event's type; `message` when the stream names none.
    package var event: String
    /// The data lines joined by line feeds, as they came; see ``data``.
    package var bytes: [UInt8]
    /// The last id that the stream gave, in this event or before it.
    package var id: String
    /// The stream's newest wish for how long to wait before connecting again, in milliseconds.
    package var retry: Int?

    package init(event: String = "message", bytes: [UInt8], id: String = "", retry: Int? = nil) {
        self.event = event
        self.bytes = bytes
        self.id = id
        self.retry = retry
    }

    /// The data as text; bytes that aren't UTF-8 become U+FFFD.
    package var data: String { String(decoding: self.bytes, as: UTF8.self) }
}
