/// A file to be posted.
package struct OutgoingFile: Sendable, Equatable {
    package let name: String
    package let mediaType: String
    /// At most ``RoomTraits/uploadLimit`` bytes.
    package let bytes: [UInt8]
    /// One line next to it, in plain text.
    package let caption: String
    package let route: Route
    /// Unique for ever, like ``OutgoingMessage/token``.
    package let token: String
    /// Speech in Ogg Opus, which the network shows as a voice note if it has those.
    package let isVoice: Bool

    package init(
        name: String, mediaType: String, bytes: [UInt8], caption: String, route: Route, token: String,
        isVoice: Bool = false
    ) {
        self.name = name
        self.mediaType = mediaType
        self.bytes = bytes
        self.caption = caption
        self.route = route
        self.token = token
        self.isVoice = isVoice
    }
}
