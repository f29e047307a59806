/// One event of an event stream.
package struct ServerSentEvent: Sendable, Hashable {
    /// The event's type; `message` when the stream names none.
    package var event: String
    /// The raw data lines, joined by line feeds; see ``data``.
    package var bytes: [UInt8]
    /// The stream's last id, from this event or an earlier one.
    package var id: String
    /// The stream's latest reconnection delay, in milliseconds.
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
