// JsSIP 3: used as it is documented, its options are not checked.
declare const JsSIP: any;
export default JsSIP;
