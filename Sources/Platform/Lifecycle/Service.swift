/// Something that lives as long as the process and ends in order.
package protocol Service: Sendable {
    /// How logs and errors call it.
    var name: String { get }

    /// Works until ``stop()``, then returns. To return or throw before is an error that ends the whole group;
    /// cancellation means: end now, without finishing what is under way.
    func run() async throws

    /// Asks for a graceful end: take nothing new, finish what is under way, let ``run()`` return. May return before that;
    /// may be called before ``run()`` has got going, and is called at most once.
    func stop() async
}
