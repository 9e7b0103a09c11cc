package sip

import (
	"errors"
	"slices"

	gosip "github.com/emiago/sipgo/sip"

	"hotline"
	"hotline/sip/syntax"
	"hotline/sip/wire"
)

// errNoContact: a message that makes a dialog has no Contact to send to (RFC 3261 §12.1.1).
var errNoContact = errors.New("sip: no usable Contact")

// dialog is one SIP dialog (RFC 3261 §12) as a value: what is needed to send inside it and to know what belongs to it.
// Owned by the mailbox of its Call-ID.
type dialog struct {
	callID              string
	localTag, remoteTag string
	local, remote       nameAddr // what stands in From of our requests, and in To
	localSeq            uint32   // of our last request
	remoteSeq           uint32   // of the peer's last request
	heard               bool     // remoteSeq is set (RFC 3261 §12.1.2: empty until the peer asks for something)
	target              gosip.Uri
	routes              []gosip.Uri // in the order they are sent
	path                wire.Path   // the way the dialog was made
	contact             gosip.Uri   // ours
	// pinned: the peer is a phone behind whatever NAT, reached only by the way its own requests came; the address in its
	// Contact is not where it is. A trunk's Contact is believed, unless nobody could find it there.
	pinned bool
	proof  *proving // nil: nobody learns who we are
}

// nameAddr is the name and address of From or To without the tag.
type nameAddr struct {
	name string
	uri  gosip.Uri
}

// dialogUAS makes the dialog of an INVITE that came, at its first answer (RFC 3261 §12.1.1).
func dialogUAS(in wire.Inbound, contact gosip.Uri) (*dialog, error) {
	req := in.Req
	target, ok := contactOf(req.Contact())
	if !ok {
		return nil, errNoContact
	}
	from, to := req.From(), req.To()
	tag, _ := from.Params.Get("tag")
	return &dialog{
		callID: req.CallID().Value(), localTag: in.Tx.Tag(), remoteTag: tag,
		local: nameAddr{to.DisplayName, to.Address}, remote: nameAddr{from.DisplayName, from.Address},
		remoteSeq: req.CSeq().SeqNo, heard: true,
		target: target, routes: syntax.RecordRoutes(req.GetHeaders("record-route"), false),
		path: in.Path, contact: contact, pinned: in.Agent != "" || behindNAT(target, in.Path.Peer),
	}, nil
}

// dialogUAC makes the dialog of an INVITE of ours from a response with a To tag (RFC 3261 §12.1.2).
func dialogUAC(req *gosip.Request, res *gosip.Response, way wire.Path, pinned bool) *dialog {
	from, to := req.From(), req.To()
	localTag, _ := from.Params.Get("tag")
	d := &dialog{
		callID: req.CallID().Value(), localTag: localTag, remoteTag: toTag(res),
		local: nameAddr{from.DisplayName, from.Address}, remote: nameAddr{to.DisplayName, to.Address},
		localSeq: req.CSeq().SeqNo, target: req.Recipient,
		routes: syntax.RecordRoutes(res.GetHeaders("record-route"), true),
		path:   way, pinned: pinned,
	}
	if own := req.Contact(); own != nil {
		d.contact = own.Address
	}
	if target, ok := contactOf(res.Contact()); ok {
		d.target = target
	}
	d.pinned = d.pinned || behindNAT(d.target, way.Peer)
	return d
}

// toTag is the tag of the response's To, "" without one.
func toTag(res *gosip.Response) string {
	to := res.To()
	if to == nil {
		return ""
	}
	tag, _ := to.Params.Get("tag")
	return tag
}

// contactOf is the URI of a Contact that requests can be sent to.
func contactOf(c *gosip.ContactHeader) (gosip.Uri, bool) {
	if c == nil || c.Address.Wildcard || c.Address.Host == "" || (c.Address.Scheme != "sip" && c.Address.Scheme != "sips") {
		return gosip.Uri{}, false
	}
	uri := *c.Address.Clone()
	uri.Headers = nil // not allowed in a Request-URI (RFC 3261 §19.1.1)
	return uri, true
}

// owns reports whether the peer's tag is this dialog's.
func (d *dialog) owns(req *gosip.Request) bool {
	tag, _ := req.From().Params.Get("tag")
	return tag == d.remoteTag
}

// inOrder takes the number of a request of the peer's; false: it is older than what was answered (500, RFC 3261 §12.2.2).
func (d *dialog) inOrder(req *gosip.Request) bool {
	seq := req.CSeq().SeqNo
	if d.heard && seq <= d.remoteSeq {
		return false
	}
	d.remoteSeq, d.heard = seq, true
	return true
}

// refresh takes over the Contact of a target refresh request or of its 2xx (RFC 3261 §12.2.1.2, §12.2.2), and for a phone
// the way it came.
func (d *dialog) refresh(c *gosip.ContactHeader, came wire.Path) {
	if target, ok := contactOf(c); ok {
		d.target = target
	}
	if d.pinned && came.Valid() {
		d.path = came
	}
}

// request builds the next request inside the dialog (RFC 3261 §12.2.1.1). For an ACK seq is the INVITE's number, else 0.
func (d *dialog) request(method gosip.RequestMethod, seq uint32) *gosip.Request {
	if method != gosip.ACK {
		d.localSeq++
		seq = d.localSeq
	}
	target, routes := d.target, d.routes
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") { // a strict router (RFC 2543)
		target = routes[0]
		routes = append(slices.Clone(routes[1:]), d.target)
	}
	req := gosip.NewRequest(method, *target.Clone())
	for i := range routes {
		req.AppendHeader(&gosip.RouteHeader{Address: *routes[i].Clone()})
	}
	from := &gosip.FromHeader{DisplayName: d.local.name, Address: *d.local.uri.Clone(), Params: syntax.TagParam(d.localTag)}
	to := &gosip.ToHeader{DisplayName: d.remote.name, Address: *d.remote.uri.Clone(), Params: syntax.TagParam(d.remoteTag)}
	id := gosip.CallIDHeader(d.callID)
	req.AppendHeader(from)
	req.AppendHeader(to)
	req.AppendHeader(&id)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: seq, MethodName: method})
	if method == gosip.INVITE || method == gosip.UPDATE {
		req.AppendHeader(&gosip.ContactHeader{Address: *d.contact.Clone()})
	}
	return req
}

// bye is the request that ends the dialog (RFC 3261 §15.1.1).
func (d *dialog) bye(cause hotline.Cause) *gosip.Request {
	req := d.request(gosip.BYE, 0)
	req.AppendHeader(gosip.NewHeader("Reason", reasonValue(cause)))
	return req
}

// wayTo is how the next request inside the dialog leaves. A name that is no address, or a place none of our sockets
// reaches, falls back to the way the dialog was made.
func (d *dialog) wayTo(w *wire.Wire) wire.Path {
	if len(d.routes) > 0 && !behindNAT(d.routes[0], d.path.Peer) {
		return orElse(w, d.routes[0], d.path)
	}
	if d.pinned {
		return w.Renewed(d.path)
	}
	return orElse(w, d.target, d.path)
}

func orElse(w *wire.Wire, uri gosip.Uri, near wire.Path) wire.Path {
	if p, err := w.PathTo(uri, near); err == nil {
		return p
	}
	return near
}
