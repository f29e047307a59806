internal import JSON
internal import Olm

/// One verification, as others see it.
package struct MatrixVerificationFlow: Sendable, Hashable {
    /// How its messages travel.
    package enum Place: Sendable, Hashable {
        case toDevice
        case room(String)
    }

    /// Unique within the process.
    package let id: Int
    package let place: Place
    package let user: String
    /// The other side's device; nil until one answers.
    package internal(set) var device: String?
}

/// A verification in progress.
struct MatrixVerificationAttempt {
    enum Stage {
        /// This side asked.
        case requested
        /// The other side asked.
        case offered
        /// The other side began without asking, as old clients do.
        case offeredStart
        /// Both are ready; either may begin.
        case ready
        /// This side began.
        case started
        /// This side accepted, and waits for the key.
        case accepted
        /// This side sent its key first.
        case keySent
        /// Both compare.
        case comparing
        /// This side found the texts equal.
        case confirmed
        case done
    }

    var flow: MatrixVerificationFlow
    /// nil until the event id of an own request in a room is known.
    var transaction: String?
    var stage: Stage
    /// Monotonic, in milliseconds.
    let deadline: Int64
    /// When this side begins if the other has not.
    var startsAt: Int64?
    /// Those that were asked.
    var devices: [String] = []
    /// The other side's keys, which are fixed at the beginning.
    var master: String?
    var device: MatrixDeviceKeys?
    /// The content that began, and who sent it.
    var start: JSON = [:]
    var isStartOurs = false
    var sas: OlmSAS?
    var theirKey = ""
    var commitment = ""
    var macMethod = OlmSAS.MACMethod.hkdfV2
    var hasEmoji = true
    /// It may come before the people here have compared.
    var theirMAC: JSON?
}
