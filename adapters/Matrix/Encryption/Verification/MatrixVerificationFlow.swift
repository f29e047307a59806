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
    /// This side asked.
    package let isOurs: Bool

    package init(id: Int, place: Place, user: String, device: String? = nil, isOurs: Bool) {
        self.id = id
        self.place = place
        self.user = user
        self.device = device
        self.isOurs = isOurs
    }
}
