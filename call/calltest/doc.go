// Package calltest is what tests of calls share: Run, the contract suite that every call.Switch must pass; Fake, a Switch
// in memory with scripted phones, which passes it; and Log, a hotline.Log in memory. Everything works under
// testing/synctest. Only tests import it.
package calltest
