internal import Primitives

/// The places of sessions and turns, which choose the lane of a write before its transaction begins. An outdated entry
/// would only cost the order: the transaction looks again.
final class PlaceDirectory: Sendable {
    private static let limit = 4_096
    private let places = Protected<[String: Place]>([:])

    subscript(name: String) -> Place? {
        get { self.places.withLock { $0[name] } }
        set {
            self.places.withLock { places in
                if places.count >= Self.limit { places = [:] }
                places[name] = newValue
            }
        }
    }
}
