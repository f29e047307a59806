/// A file for the wire.
public struct OutgoingFile: Sendable, Equatable {
    /// The name that people see.
    public let name: String
    /// Its media type.
    public let mediaType: String
    /// The bytes; at most ``RoomTraits/uploadLimit``.
    public let bytes: [UInt8]
    /// One line beside it, in plain text.
    public let caption: String
    /// Where it goes.
    public let route: Route
    /// Ours, unique for ever, as ``OutgoingMessage/token``.
    public let token: String

    /// Describes a file.
    public init(name: String, mediaType: String, bytes: [UInt8], caption: String, route: Route, token: String) {
        self.name = name
        self.mediaType = mediaType
        self.bytes = bytes
        self.caption = caption
        self.route = route
        self.token = token
    }
}
