@main
struct Jetbridge {
    static func main() {}
}
