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
