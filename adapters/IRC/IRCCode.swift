/// The formatting codes of IRC; all but `colour` and `reset` switch on and off.
package enum IRCCode {
    package static let bold: UInt8 = 0x02
    package static let colour: UInt8 = 0x03
    package static let hexColour: UInt8 = 0x04
    package static let reset: UInt8 = 0x0F
    package static let monospace: UInt8 = 0x11
    package static let reverse: UInt8 = 0x16
    package static let italic: UInt8 = 0x1D
    package static let strike: UInt8 = 0x1E
    package static let underline: UInt8 = 0x1F
    /// At both ends of a text: a client-to-client request such as ACTION.
    package static let request: UInt8 = 0x01
}
