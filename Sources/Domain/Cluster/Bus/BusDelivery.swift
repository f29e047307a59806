/// What a reader of the bus gets.
package enum BusDelivery: Sendable, Equatable {
    case event(BusEvent, host: String)
    /// Events may be missing before this: read again from the store. Each sequence begins with one.
    case gap
}
