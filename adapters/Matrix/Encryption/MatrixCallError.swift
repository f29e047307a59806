/// A request that did not succeed.
struct MatrixCallError: Error, CustomStringConvertible {
    let description: String
    let refusal: MatrixRefusal?

    init(_ description: String, refusal: MatrixRefusal?) {
        self.description = description
        self.refusal = refusal
    }
}
