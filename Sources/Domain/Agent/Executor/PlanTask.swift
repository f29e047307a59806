/// One task of the turn's list.
package struct PlanTask: Sendable, Equatable {
    package enum State: String, Sendable { case open, doing, done }

    package let text: String
    package let state: State
}
