package import JSON
internal import Primitives

/// What a verification wants done.
package enum MatrixVerificationAction: Sendable, Equatable {
    /// Contents by device; `*` is all devices of the user.
    case sendToDevice(type: String, user: String, messages: [String: JSON])
    /// The first event of a verification names it: tell its id to ``MatrixVerification/requestSent(_:event:)``.
    case sendInRoom(MatrixVerificationFlow, type: String, content: JSON)
    /// A verification request arrived: ``MatrixVerification/accept(_:at:)`` or ``MatrixVerification/cancel(_:)``.
    case asked(MatrixVerificationFlow)
    /// Show it and ask whether the other side shows the same: ``MatrixVerification/confirm(_:)`` or
    /// ``MatrixVerification/mismatch(_:)``.
    case show(MatrixVerificationFlow, MatrixShortString)
    /// The other side proved to hold these keys; `master` is nil if it did not name its master key.
    case verified(MatrixVerificationFlow, device: MatrixDeviceKeys?, masterKey: String?)
    /// It ended without success.
    case cancelled(MatrixVerificationFlow, MatrixVerificationCancellation)
}

/// Why a verification ended.
package struct MatrixVerificationCancellation: Sendable, Equatable {
    package enum Code: String, Sendable {
        case user = "m.user"
        case timeout = "m.timeout"
        case unknownTransaction = "m.unknown_transaction"
        case unknownMethod = "m.unknown_method"
        case unexpectedMessage = "m.unexpected_message"
        case keyMismatch = "m.key_mismatch"
        case userMismatch = "m.user_mismatch"
        case invalidMessage = "m.invalid_message"
        /// Another device took it.
        case accepted = "m.accepted"
        case mismatchedCommitment = "m.mismatched_commitment"
        case mismatchedSAS = "m.mismatched_sas"

        /// What tells the other side.
        var content: JSONObject { ["code": .string(self.rawValue), "reason": .string(self.reason)] }

        /// For people.
        var reason: String {
            switch self {
            case .user: "it was cancelled"
            case .timeout: "it took longer than ten minutes"
            case .unknownTransaction: "this verification is not known"
            case .unknownMethod: "there is no common method"
            case .unexpectedMessage: "a message came out of order"
            case .keyMismatch: "the keys do not match"
            case .userMismatch: "the users do not match"
            case .invalidMessage: "a message was not valid"
            case .accepted: "another device took it"
            case .mismatchedCommitment: "the key is not the one that was announced"
            case .mismatchedSAS: "the texts did not match"
            }
        }
    }

    /// One of ``Code`` or the other side's own.
    package let code: String
    package let reason: String
    /// The other side ended it.
    package let isTheirs: Bool

    init(_ code: Code) {
        self.code = code.rawValue
        self.reason = code.reason
        self.isTheirs = false
    }

    /// Known codes get this program's words: what the other side writes is not repeated.
    init(theirs content: JSON) {
        let code = content["code"]?.stringValue ?? ""
        self.code = code.beginning(bytes: 64)
        self.reason = Code(rawValue: code)?.reason ?? "the other side ended it"
        self.isTheirs = true
    }
}
