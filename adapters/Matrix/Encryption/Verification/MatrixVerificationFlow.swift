/// One verification, as others see it.
struct MatrixVerificationFlow: Sendable, Hashable {
    /// How its messages travel.
    enum Place: Sendable, Hashable {
        case toDevice
        case room(String)
    }

    /// Unique within the process.
    let id: Int
    let place: Place
    let user: String
    /// The other side's device; nil until one answers.
    var device: String?
    /// This side asked.
    let isOurs: Bool

    init(id: Int, place: Place, user: String, device: String? = nil, isOurs: Bool) {
        self.id = id
        self.place = place
        self.user = user
        self.device = device
        self.isOurs = isOurs
    }
}
